/** Containers whose records come slowly are committed as often as promised, in each format. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { readRunState } from '../../../lib/journal/reader.ts'
import { repairRun } from '../../../lib/recovery/repair.ts'
import { verifyRun } from '../../../lib/recovery/verify.ts'
import { LOCK_FILE } from '../../../lib/run/lock.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'
import type { Workflow } from '../../../lib/workflow/types.ts'
import type { Format } from '../../../sinks/options.ts'
import { metadataByHyparquet } from '../../sinks/parquet/readers.ts'

const RECORDS = 12
const CONTAINERS = 2

const workflow = (format: Format): Workflow => ({
  id: 'run',
  concurrency: 1,
  checkpoint_records: 1,
  checkpoint_ms: 2 ** 31 - 1,
  results: { format },
  phases: [{ name: 'search', topology: 'search' }],
})

/** What a container has made: its id, and the number of the record. */
type Made = readonly [container: string, n: number]

/** Makes one record after the other, each when the one before is committed. */
function slowly(run: string, made: Made[], onMade: (count: number) => void = () => {}): Topology<number> {
  const committed = async () => (await readRunState(run)).phase('search').commit?.counts.recordsIn ?? 0
  return {
    resumable: true,
    *containers() {
      for (let index = 0; index < CONTAINERS; index++) yield { id: `c${index}`, config: index }
    },
    async *run({ id, config }, { resumeFrom }) {
      for (let n = resumeFrom; n < RECORDS; n++) {
        made.push([id, n])
        // A column that the first records do not have.
        yield { n, ...(n > 1 && { late: n / 8 }), result: { metrics: { profit: config * RECORDS + n } } }
        const count = config * RECORDS + n + 1
        while ((await committed()) < count) await setImmediate()
        onMade(count)
      }
    },
  }
}

/** Everything that was written, in order, as text. */
async function rowsOf(outputDir: string): Promise<string[]> {
  const result = await new Coordinator({ outputDir, topologies: { search: idle } }).resumeWorkflow(
    join(outputDir, 'run'),
  )
  const rows = (await result.phases['search']?.output?.rows().toArray()) as { container: string; n: number }[]
  return rows.map(({ container, n }) => `${container} ${n}`)
}

const idle: Topology<number> = {
  // eslint-disable-next-line require-yield
  *containers() {
    throw new Error('the run is complete')
  },
  *run() {
    yield* []
  },
}

const WHOLE = Array.from({ length: CONTAINERS * RECORDS }, (_, at) => `c${Math.floor(at / RECORDS)} ${at % RECORDS}`)

/** Runs the workflow, and copies its directory when so many records are committed, as a kill would leave it. */
async function killedAfter(t: Test, format: Format, counts: readonly number[]): Promise<(count: number) => string> {
  const base = t.testdir()
  const outputDir = join(base, 'whole')
  const run = join(outputDir, 'run')
  const copyOf = (count: number) => join(base, `killed-${count}`)
  const topology = slowly(run, [], (count) => {
    if (!counts.includes(count)) return
    cpSync(run, join(copyOf(count), 'run'), { recursive: true })
    rmSync(join(copyOf(count), 'run', LOCK_FILE))
  })
  await new Coordinator({ outputDir, topologies: { search: topology } }).executeWorkflow(workflow(format))
  t.strictSame(await rowsOf(outputDir), WHOLE)
  return copyOf
}

for (const format of ['jsonl', 'csv', 'parquet'] as const) {
  t.test(`a kill loses no record that was committed, and none is made again (${format})`, async (t) => {
    const counts = [1, 2, 7, RECORDS + 3]
    const copyOf = await killedAfter(t, format, counts)
    for (const count of counts) {
      const outputDir = copyOf(count)
      const run = join(outputDir, 'run')
      t.strictSame((await verifyRun(run)).problems, [], `${count}: nothing is missing`)
      const made: Made[] = []
      const topologies = { search: slowly(run, made) }
      const { counts: all } = await new Coordinator({ outputDir, topologies }).resumeWorkflow(run)
      t.strictSame(
        made.map(([container, n]) => `${container} ${n}`),
        WHOLE.slice(count),
      )
      t.match(all, { recordsIn: 24, written: 24, rejected: 0, deduplicated: 0, inFlight: 0 })
      t.strictSame(await rowsOf(outputDir), WHOLE)
      t.strictSame((await verifyRun(run)).problems, [])
      t.notOk(existsSync(join(run, 'journal', 'open-rows', 'search')))
    }
  })
}

t.test('records that come slowly leave neither small row groups nor unused footers', async (t) => {
  const outputDir = t.testdir()
  const run = join(outputDir, 'run')
  const search = slowly(run, [])
  await new Coordinator({ outputDir, topologies: { search } }).executeWorkflow(workflow('parquet'))
  const parts = readdirSync(join(run, 'results', 'search'))
  t.equal(parts.length, 2, 'one without the late column, one with it')
  for (const part of parts) {
    const file = readFileSync(join(run, 'results', 'search', part))
    t.equal(metadataByHyparquet(file).row_groups.length, 1)
    t.equal(file.lastIndexOf('PAR1', file.length - 5), 0, 'one footer')
  }
  t.notOk(existsSync(join(run, 'journal', 'open-rows', 'search')), 'nothing is left of the open rows')
})

t.test('the rows of an open row group become a part when the run is repaired', async (t) => {
  const run = join((await killedAfter(t, 'parquet', [7]))(7), 'run')
  t.match(await repairRun(run), { rows: 7 })
  t.match(await repairRun(run), { rows: 7 }, 'once more')
  t.match(await verifyRun(run), { status: 'unfinished', problems: [], phases: [{ rows: 7, written: 7 }] })
})

t.test('damaged rows of an open row group are found, and the remedy gives the undisturbed result', async (t) => {
  for (const damage of ['changed', 'removed']) {
    const outputDir = (await killedAfter(t, 'parquet', [7]))(7)
    const run = join(outputDir, 'run')
    const folder = join(run, 'journal', 'open-rows', 'search')
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      const bytes = readFileSync(path)
      bytes[bytes.length >> 1]! ^= 1
      if (damage === 'changed') writeFileSync(path, bytes)
      else rmSync(path)
    }
    const { problems } = await verifyRun(run)
    t.match(problems, [{ phase: 'search', file: /^journal\/open-rows\/search\/[01]\.parquet$/ }])
    const made: Made[] = []
    const coordinator = new Coordinator({ outputDir, topologies: { search: slowly(run, made) } })
    await t.rejects(coordinator.resumeWorkflow(run), {
      code: 'ERR_SPILLWAY_JOURNAL',
      message: /or run the phase again with --accept-changes search/,
    })
    await coordinator.resumeWorkflow(run, { acceptChanges: ['search'] })
    t.equal(made.length, WHOLE.length)
    t.strictSame(await rowsOf(outputDir), WHOLE)
  }
})
