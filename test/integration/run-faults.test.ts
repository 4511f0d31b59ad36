/** A disk error ends a run with one clear error. The records written are readable, and the run can be resumed. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Coordinator } from '../../lib/coordinator.ts'
import { faultyTarget, type Disk, type Faults } from '../../lib/testing/index.ts'
import type { Topology } from '../../lib/workflow/topology.ts'
import { inspectRun } from '../../lib/monitor/inspect-run.ts'
import { repairRun } from '../../lib/recovery/repair.ts'
import { verifyRun } from '../../lib/recovery/verify.ts'
import type { ResultsSettings } from '../../lib/workflow/results-settings.ts'
import { FORMATS } from '../../sinks/options.ts'
import { readPart } from '../../lib/reading/read-part.ts'
import { nodeArgs } from '../helpers/node-process.ts'

const CONTAINERS = 6
const RECORDS = 2000

const search: Topology<number> = {
  *containers() {
    for (let index = 0; index < CONTAINERS; index++) yield { id: `c${index}`, config: index }
  },
  async *run({ config }) {
    for (let n = 0; n < RECORDS; n++) {
      if (n % 100 === 0) await new Promise(setImmediate)
      yield { n, text: `record ${n} of ${config}`, result: { metrics: { sharpe_ratio: Math.sin(config * 1000 + n) } } }
    }
  },
}

const workflowOf = (results: object = {}) => ({
  id: 'run',
  checkpoint_records: 1000,
  results,
  phases: [{ name: 'only', topology: 'search' }],
})

async function rowsIn(run: string): Promise<number> {
  let rows = 0
  const folder = join(run, 'results/only')
  for (const part of readdirSync(folder)) {
    for await (const batch of readPart(join(folder, part), null, new AbortController().signal)) rows += batch.length
  }
  return rows
}

/** The expected code and message of an error. */
interface ExpectedError {
  readonly code: string
  readonly message: RegExp
}

/** Runs a workflow with faults, and checks that a resume without them completes it. */
async function expectRecovery(t: Test, results: ResultsSettings, faults: Faults, error: ExpectedError): Promise<void> {
  const outputDir = t.testdir()
  const run = join(outputDir, 'run')
  const faulty = new Coordinator({ outputDir, topologies: { search }, openTarget: faultyTarget(faults) })
  await t.rejects(faulty.executeWorkflow(workflowOf(results)), { ...error })
  // A Parquet part that has no space for its first footer cannot be read.
  if (!isParquet(results)) t.ok((await rowsIn(run)) > 0, 'the records written can be read')
  const { counts } = await new Coordinator({ outputDir, topologies: { search } }).resumeWorkflow(run)
  t.match(counts, { written: CONTAINERS * RECORDS, rejected: 0, inFlight: 0 })
  t.equal(await rowsIn(run), CONTAINERS * RECORDS)
  t.strictSame((await verifyRun(run)).problems, [])
}

const isParquet = (results: ResultsSettings) => results.format === 'parquet'

const isPart = (path: string) => path.includes('part-')

for (const format of FORMATS) {
  t.test(`a disk that is full in the middle of ${format}`, async (t) => {
    const disk: Disk = { freeBytes: format === 'parquet' ? 200_000 : 400_000 }
    const error = {
      code: 'ERR_SPILLWAY_IO',
      message: /part-00000.*ENOSPC.*Free space on the disk/,
    }
    await expectRecovery(t, { format, row_group_rows: 500 }, { path: isPart, disk }, error)
  })
}

t.test('a sync that fails', async (t) => {
  const error = { code: 'ERR_SPILLWAY_IO', message: /sync.*EIO/ }
  await expectRecovery(t, {}, { path: isPart, sync: { code: 'EIO', call: 2 } }, error)
})

t.test('too many open files', async (t) => {
  const faults = { path: isPart, open: { code: 'EMFILE', call: 2 } }
  await expectRecovery(t, { part_max_rows: 3000 }, faults, { code: 'ERR_SPILLWAY_IO', message: /EMFILE.*ulimit -n/ })
})

t.test('a disk that is full for the journal', async (t) => {
  const faults = { path: (path: string) => /journal.\d+\.jsonl$/.test(path), disk: { freeBytes: 1500 } }
  await expectRecovery(t, {}, faults, { code: 'ERR_SPILLWAY_IO', message: /journal.*ENOSPC/ })
})

t.test('a directory that is removed during the run', async (t) => {
  const outputDir = t.testdir()
  const removing: Topology<number> = {
    ...search,
    async *run(spec, ctx) {
      for await (const record of search.run(spec, ctx) as AsyncIterable<object>) {
        if (spec.config === 3) rmSync(join(outputDir, 'run'), { recursive: true, force: true })
        yield record
      }
    },
  }
  const coordinator = new Coordinator({ outputDir, topologies: { search: removing } })
  const run = coordinator.executeWorkflow(workflowOf({ part_max_rows: 500 }))
  await t.rejects(run, { code: 'ERR_SPILLWAY_IO', message: /run/ })
})

t.test('a real file size limit, and a resume after it was raised', async (t) => {
  const outputDir = t.testdir()
  const run = join(outputDir, 'run')
  const topologies = join(outputDir, 'topologies.mjs')
  writeFileSync(
    topologies,
    `export const search = {
      containers: () => [0, 1, 2].map((index) => ({ id: 'c' + index, config: index })),
      *run({ config }) { for (let n = 0; n < 4000; n++) yield { n, config, text: 'x'.repeat(100) } },
    }`,
  )
  writeFileSync(join(outputDir, 'search.json'), JSON.stringify({ workflow: workflowOf() }))
  const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname
  const command = `exec "$0" ${nodeArgs.join(' ')} "${main}" "$@"`
  const spillway = async (limit: string, ...args: string[]) => {
    // A block has 512 bytes or 1 KB, depending on the shell. The limit is below the size of the results in both cases.
    const child = spawn('sh', ['-c', `ulimit -f ${limit}; ${command}`, process.execPath, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
    return { code: child.exitCode, stderr }
  }
  const options = ['--topologies', topologies, '--out', outputDir, '-q']
  const limited = await spillway('1000', 'run', join(outputDir, 'search.json'), ...options)
  t.equal(limited.code, 1)
  t.match(limited.stderr, /part-00000\.jsonl: EFBIG.*ulimit -f/)
  const rows = await rowsIn(run)
  t.ok(rows > 0 && rows < 12_000, `${rows} rows`)
  t.strictSame(await spillway('unlimited', 'resume', run, '-q'), { code: 0, stderr: '' })
  t.equal(await rowsIn(run), 12_000)
})

// Skipped if mounting is not permitted. The file size limit above covers that case.
const place = mountSmallDisk('size=4m')
if (place !== undefined) {
  t.test('a real full disk, and a resume after space was freed', async (t) => {
    const ballast = join(place, 'ballast')
    writeFileSync(ballast, Buffer.alloc(3_500_000))
    const run = join(place, 'run')
    const coordinator = new Coordinator({ outputDir: place, topologies: { search } })
    await t.rejects(coordinator.executeWorkflow(workflowOf()), { code: 'ERR_SPILLWAY_IO', message: /ENOSPC/ })
    t.ok((await rowsIn(run)) > 0)
    rmSync(ballast)
    t.match((await coordinator.resumeWorkflow(run)).counts, { written: CONTAINERS * RECORDS })
    t.equal(await rowsIn(run), CONTAINERS * RECORDS)
  })

  t.test('a read-only file system', async (t) => {
    const run = join(place, 'run')
    mkdirSync(join(place, 'empty'))
    // Of a process that has ended.
    writeFileSync(join(run, 'run.lock'), 'no owner')
    execFileSync('mount', ['-o', 'remount,ro', place])
    const places = [
      [join(place, 'new'), 'run', 'new/run: EROFS'],
      [join(place, 'new/deep'), null, 'new/deep/workflow-.*: EROFS'],
      [place, 'empty', 'empty/run.lock: EROFS'],
    ] as const
    for (const [outputDir, id, problem] of places) {
      const coordinator = new Coordinator({ outputDir, topologies: { search } })
      const message = new RegExp(`Cannot .*${problem}.*Choose a place that is not read-only`)
      await t.rejects(coordinator.executeWorkflow({ ...workflowOf(), id }), { code: 'ERR_SPILLWAY_IO', message })
    }
    t.match(await verifyRun(run), { status: 'completed', problems: [] })
    t.match(await inspectRun(run), { status: 'completed', rows: CONTAINERS * RECORDS, phases: [{ phase: 'only' }] })
    await t.rejects(repairRun(run), { code: 'ERR_SPILLWAY_IO', message: /run\.lock: EROFS.*not read-only/ })
    await t.rejects(new Coordinator({ outputDir: place, topologies: { search } }).resumeWorkflow(run), {
      code: 'ERR_SPILLWAY_IO',
      message: /run\.lock: EROFS.*not read-only/,
    })
  })
}

/** Mounts a tmpfs and returns its path. Returns undefined if mounting is not permitted. */
function mountSmallDisk(options: string): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'spillway-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    rmSync(path, { recursive: true })
    return undefined
  }
  t.teardown(() => {
    execFileSync('umount', [path])
    rmSync(path, { recursive: true })
  })
  return path
}

t.test('an error names the record and the container in which it occurred', async (t) => {
  const outputDir = t.testdir()
  const bursting: Topology<number> = {
    ...search,
    *run({ config }) {
      for (let n = 0; n < 1_000_000; n++) {
        if (config === 1 && n === 7) throw new Error('no data')
        if (config === 0 && n === 100_000) return
        yield { n }
      }
    },
  }
  const coordinator = new Coordinator({ outputDir, topologies: { search: bursting } })
  await t.rejects(coordinator.executeWorkflow(workflowOf()), {
    code: 'ERR_SPILLWAY_CONTAINER',
    message: /Container "c1" of phase "only" failed at record 8: no data/,
    place: { phase: 'only', container: 'c1', record: 8 },
  })
  t.equal(readFileSync(join(outputDir, 'run/results/only/part-00000.jsonl'), 'utf8').split('\n').length, 100_008)
})
