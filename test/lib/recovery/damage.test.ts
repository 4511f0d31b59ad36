/** Damage of a run's files is found by whatever reads them, and stays found; what a message advises helps. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { inspectRun } from '../../../lib/monitor/inspect-run.ts'
import { repairRun } from '../../../lib/recovery/repair.ts'
import { verifyRun } from '../../../lib/recovery/verify.ts'
import { changeCheckedLines } from '../../helpers/checked-file.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'

const FORMATS = ['jsonl', 'csv', 'parquet'] as const

/** Five records; a second phase that reads them all, and fails while `isBroken` says so. */
function topologies(isBroken: () => boolean): Record<string, Topology> {
  return {
    five: {
      containers: () => [{ id: 'only' }],
      *run() {
        for (let n = 0; n < 5; n++) yield { n, result: { metrics: { sharpe_ratio: n / 3 } } }
      },
    },
    count: {
      containers: () => [{ id: 'all' }],
      async *run(_spec, { inputs }) {
        let rows = 0
        let sum = 0
        for await (const { n } of inputs.a?.rows() ?? []) {
          rows += 1
          sum += n as number
        }
        if (isBroken()) throw new Error('not yet')
        yield { rows, sum, result: { metrics: { sharpe_ratio: 1 } } }
      },
    },
  }
}

const workflow = (format: (typeof FORMATS)[number]) => ({
  id: 'run',
  results: { format },
  phases: [
    { name: 'a', topology: 'five' },
    { name: 'b', topology: 'count', depends_on: ['a'] },
  ],
})

/** A run whose second phase has failed; the next attempt succeeds. */
async function failedRun(t: Test, format: (typeof FORMATS)[number]) {
  let isBroken = true
  const outputDir = t.testdir()
  const coordinator = new Coordinator({ outputDir, topologies: topologies(() => isBroken) })
  await t.rejects(coordinator.executeWorkflow(workflow(format)), { message: /not yet/ })
  isBroken = false
  return { coordinator, directory: join(outputDir, 'run') }
}

function partsOf(directory: string, phase: string): string[] {
  const parts = join(directory, 'results', phase)
  return readdirSync(parts).map((name) => join(parts, name))
}

/** Changes one byte in the middle of a file, where its records are. */
function changeByte(path: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf('sharpe_ratio') === -1 ? bytes.length >> 1 : bytes.lastIndexOf('"n":') + 4
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

async function resultOf(coordinator: Coordinator, directory: string, phase: string): Promise<unknown[]> {
  const { phases } = await coordinator.resumeWorkflow(directory)
  const records: unknown[] = []
  for await (const { rows, sum } of phases[phase]?.output?.rows() ?? []) records.push({ rows, sum })
  return records
}

for (const format of FORMATS) {
  t.test(`${format}: a phase whose files are gone is run again as advised, and nothing is there twice`, async (t) => {
    const { coordinator, directory } = await failedRun(t, format)
    for (const path of partsOf(directory, 'a')) rmSync(path)
    await t.rejects(coordinator.resumeWorkflow(directory), { message: /--accept-changes a/ })
    await coordinator.resumeWorkflow(directory, { acceptChanges: ['a'] })
    t.strictSame(await resultOf(coordinator, directory, 'b'), [{ rows: 5, sum: 10 }])
    const { problems, phases } = await verifyRun(directory)
    t.strictSame(problems, [])
    t.strictSame(
      phases.map(({ rows }) => rows),
      [5, 1],
    )
    t.strictSame(
      (await inspectRun(directory)).phases.map(({ rows }) => rows),
      [5, 1],
    )
  })

  t.test(`${format}: a changed part does not become right by a resume or a repair`, async (t) => {
    const { coordinator, directory } = await failedRun(t, format)
    const [part = ''] = partsOf(directory, 'a')
    changeByte(part)
    const found = { phase: 'a', message: 'does not match its checksum' }
    t.match((await verifyRun(directory)).problems, [found])
    await repairRun(directory)
    t.match((await verifyRun(directory)).problems, [found], 'after a repair')
    await t.rejects(
      coordinator.resumeWorkflow(directory),
      {
        message:
          /part-00000.* does not match its checksum\. Restore the file, or run the phase again with --accept-changes a/,
      },
      'a phase that reads it fails',
    )
    t.match((await verifyRun(directory)).problems, [found], 'after a resume')
    await coordinator.resumeWorkflow(directory, { acceptChanges: ['a'] })
    t.strictSame(await resultOf(coordinator, directory, 'b'), [{ rows: 5, sum: 10 }], 'as advised')
    t.strictSame((await verifyRun(directory)).problems, [])
  })

  t.test(`${format}: a part that is cut back to its commit keeps the checksum of what was committed`, async (t) => {
    const outputDir = t.testdir()
    let isBroken = true
    const search: Topology = {
      containers: () => [{ id: 'only' }],
      *run() {
        for (let n = 0; n < 30; n++) {
          if (n === 20 && isBroken) throw new Error('not yet')
          yield { n, result: { metrics: { sharpe_ratio: n / 3 } } }
        }
      },
    }
    const coordinator = new Coordinator({ outputDir, topologies: { search } })
    const only = { id: 'run', results: { format }, phases: [{ name: 'a', topology: 'search' }] }
    await t.rejects(coordinator.executeWorkflow(only), { message: /not yet/ })
    isBroken = false
    const directory = join(outputDir, 'run')
    const [part = ''] = partsOf(directory, 'a')
    changeByte(part)
    await coordinator.resumeWorkflow(directory)
    t.match((await verifyRun(directory)).problems, [
      { phase: 'a', file: /part-00000/, message: 'does not match its checksum' },
    ])
  })
}

t.test('no link in a run directory is followed', async (t) => {
  for (const place of ['part', 'phase'] as const) {
    const { coordinator, directory } = await failedRun(t, 'jsonl')
    const [part = ''] = partsOf(directory, 'a')
    const outside = join(directory, '../outside')
    mkdirSync(join(outside, 'phase'), { recursive: true })
    writeFileSync(join(outside, 'phase/part-00000.jsonl'), 'not ours\n'.repeat(100))
    const target = place === 'part' ? join(outside, 'phase/part-00000.jsonl') : join(outside, 'phase')
    const link = place === 'part' ? part : dirname(part)
    rmSync(link, { recursive: true })
    symlinkSync(target, link)
    const refusal = { code: 'ERR_SPILLWAY_JOURNAL', message: /is a symbolic link/, place: { path: link } }
    await t.rejects(coordinator.resumeWorkflow(directory), refusal)
    await t.rejects(coordinator.resumeWorkflow(directory, { acceptChanges: ['a'] }), refusal)
    await t.rejects(repairRun(directory), refusal)
    await t.rejects(verifyRun(directory), refusal)
    await t.rejects(inspectRun(directory), refusal)
    t.equal(readFileSync(join(outside, 'phase/part-00000.jsonl'), 'utf8'), 'not ours\n'.repeat(100))
  }
})

t.test('a run is read through a link to its directory', async (t) => {
  const { directory } = await failedRun(t, 'jsonl')
  const link = join(directory, '../link')
  symlinkSync(directory, link)
  t.strictSame((await verifyRun(link)).problems, [])
})

t.test('a path of the journal does not leave the run directory', async (t) => {
  for (const file of ['../outside.jsonl', '/etc/passwd', 'results/../../x', 'results\\..\\x', '']) {
    const { coordinator, directory } = await failedRun(t, 'jsonl')
    changeCheckedLines(join(directory, 'journal/00000001.jsonl'), (json) =>
      json.replaceAll('"results/a/part-00000.jsonl"', JSON.stringify(file)),
    )
    const refusal = { code: 'ERR_SPILLWAY_JOURNAL', message: /is not a file of the run/ }
    await t.rejects(coordinator.resumeWorkflow(directory), refusal)
    await t.rejects(verifyRun(directory), refusal)
    await t.rejects(inspectRun(directory), refusal)
  }
})
