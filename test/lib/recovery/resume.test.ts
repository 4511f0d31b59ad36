/** Interrupted runs are resumed: completed work is not repeated, and each record is in the files once. */
import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { repairRun } from '../../../lib/recovery/repair.ts'
import { RunLock } from '../../../lib/run/lock.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'
import { verifyRun } from '../../../lib/recovery/verify.ts'
import type { WorkflowResult } from '../../../lib/run/result.ts'
import type { Workflow } from '../../../lib/workflow/types.ts'

/** The record of a container that fails, once. */
type Mishap = { readonly container: number; readonly record: number } | null

/** The actions of a topology. */
interface Trace {
  /** Containers that were started, each with the index of its first record. */
  readonly started: string[]
  /** Number of produced records. */
  made: number
}

interface MakingOptions {
  readonly containers?: number
  readonly records?: number
  readonly resumable?: boolean
  readonly mishap?: Mishap
  /** Called at that record; without it the container throws. */
  readonly onMishap?: () => void
  /** Changes each record. */
  readonly alter?: (record: object) => object
}

function making(options: MakingOptions = {}): Topology<number> & { readonly trace: Trace } {
  const {
    containers = 4,
    records = 50,
    resumable = false,
    mishap = null,
    onMishap,
    alter = (record) => record,
  } = options
  const trace: Trace = { started: [], made: 0 }
  let isDue = mishap !== null
  return {
    trace,
    resumable,
    *containers() {
      for (let index = 0; index < containers; index++) yield { id: `c${index}`, config: index }
    },
    async *run({ config }, { phase, resumeFrom }) {
      trace.started.push(`${phase}/c${config}@${resumeFrom}`)
      for (let n = resumeFrom; n < records; n++) {
        if (isDue && config === mishap?.container && n === mishap.record) {
          isDue = false
          if (onMishap === undefined) throw new Error('out of luck')
          onMishap()
        }
        trace.made += 1
        yield alter({ n, result: { metrics: { sharpe_ratio: Math.sin(config * 1000 + n) } } })
      }
    },
  }
}

const workflowOf = (options: Partial<Workflow> = {}): Workflow => ({
  id: 'run',
  phases: [
    { name: 'first', topology: 'search' },
    { name: 'second', topology: 'search', depends_on: ['first'] },
  ],
  ...options,
})

function coordinatorOf(t: Test, search: Topology<number>, others: Record<string, Topology> = {}) {
  const outputDir = t.testdir()
  return { coordinator: new Coordinator({ outputDir, topologies: { search, ...others } }), run: join(outputDir, 'run') }
}

/** Records as `phase container n`, in the order of the files. */
function recordsIn(run: string, phase: string): string[] {
  const folder = join(run, 'results', phase)
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((part) =>
    readFileSync(join(folder, part), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const { container, n } = JSON.parse(line) as { container: string; n: number }
        return `${container} ${n}`
      }),
  )
}

const aggregatesOf = ({ aggregatedResults }: WorkflowResult) => {
  const { phases, topPerformers, averageMetrics } = aggregatedResults ?? {}
  return JSON.parse(JSON.stringify({ phases, topPerformers, averageMetrics })) as unknown
}

t.test('a failed run continues after its written records, and its result equals that of any other run', async (t) => {
  const { coordinator, run } = coordinatorOf(t, making({ mishap: { container: 2, record: 30 } }))
  await t.rejects(coordinator.executeWorkflow(workflowOf()), { code: 'ERR_SPILLWAY_CONTAINER' })
  t.equal(recordsIn(run, 'first').length, 130)
  const search = making()
  const resumed = new Coordinator({ outputDir: join(run, '..'), topologies: { search } })
  const result = await resumed.resumeWorkflow(run)
  t.match(result, {
    status: 'completed',
    wasComplete: false,
    counts: { recordsIn: 430, written: 400, rejected: 0, deduplicated: 30, inFlight: 0 },
    phases: { first: { status: 'completed', containers: 4 }, second: { status: 'completed', containers: 4 } },
  })
  t.strictSame(search.trace.started.slice(0, 2), ['first/c2@0', 'first/c3@0'], 'completed containers are not run again')
  const expected = ['c0', 'c1', 'c2', 'c3'].flatMap((id) => Array.from({ length: 50 }, (_, n) => `${id} ${n}`))
  t.strictSame(recordsIn(run, 'first'), expected)
  const undisturbed = coordinatorOf(t, making())
  t.strictSame(aggregatesOf(result), aggregatesOf(await undisturbed.coordinator.executeWorkflow(workflowOf())))
})

t.test('a resumable container produces no record twice', async (t) => {
  const search = making({ mishap: { container: 2, record: 30 }, resumable: true })
  const { coordinator, run } = coordinatorOf(t, search)
  await t.rejects(coordinator.executeWorkflow(workflowOf()))
  const { counts } = await coordinator.resumeWorkflow(run)
  t.match(counts, { recordsIn: 400, written: 400, deduplicated: 0 })
  t.equal(search.trace.made, 400)
  t.ok(search.trace.started.includes('first/c2@30'))
})

t.test('a completed run is returned as is, and nothing is run or written', async (t) => {
  const search = making()
  const { coordinator, run } = coordinatorOf(t, search)
  const before = await coordinator.executeWorkflow(workflowOf())
  const journal = readFileSync(join(run, 'journal/00000001.jsonl'), 'utf8')
  const after = await coordinator.resumeWorkflow(run)
  t.match(after, { status: 'completed', wasComplete: true, counts: { written: 400 } })
  t.equal(search.trace.made, 400)
  t.strictSame(aggregatesOf(after), aggregatesOf(before))
  t.strictSame(readdirSync(join(run, 'journal')), ['00000001.jsonl', 'aggregates', 'containers'])
  t.equal(readFileSync(join(run, 'journal/00000001.jsonl'), 'utf8'), journal)
  t.equal((await after.phases['second']?.output?.rows().toArray())?.length, 200)
})

t.test('a run can be resumed after an abort at any point', async (t) => {
  for (const commit of ['records', 'container'] as const) {
    const controller = new AbortController()
    const search = making({ mishap: { container: 1, record: 20 }, onMishap: () => controller.abort() })
    const { coordinator, run } = coordinatorOf(t, search)
    const { signal } = controller
    const running = coordinator.executeWorkflow(workflowOf({ commit, concurrency: 2 }), { signal })
    await t.rejects(running, { name: 'AbortError' })
    t.strictSame((await verifyRun(run)).problems, [])
    const { counts } = await coordinator.resumeWorkflow(run)
    t.match(counts, { written: 400, rejected: 0 }, commit)
    t.equal(new Set(recordsIn(run, 'first')).size, 200)
    t.equal(recordsIn(run, 'first').length, 200)
  }
})

t.test('with `commit: container` no record of a failed container is written, also if it is large', async (t) => {
  const long = 'x'.repeat(10_000)
  const alter = (record: object) => ({ ...record, long, at: { toJSON: () => '2026-01-01' } })
  const { coordinator, run } = coordinatorOf(t, making({ records: 300, mishap: { container: 1, record: 290 }, alter }))
  const workflow = workflowOf({ commit: 'container', phases: [{ name: 'first', topology: 'search' }] })
  await t.rejects(coordinator.executeWorkflow(workflow))
  t.equal(recordsIn(run, 'first').length, 300)
  const { counts } = await coordinator.resumeWorkflow(run)
  t.match(counts, { recordsIn: 1200, written: 1200, deduplicated: 0 })
  const part = readFileSync(join(run, 'results/first/part-00001.jsonl'), 'utf8')
  t.match(JSON.parse(part.slice(0, part.indexOf('\n'))), { container: 'c1', n: 0, at: '2026-01-01' })
  t.notOk(existsSync(join(run, 'spool')), 'temporary files are removed')
})

t.test('a container that produces other records than before fails the phase', async (t) => {
  const mishap = { container: 0, record: 30 }
  let clock = 0
  const ticking = () => making({ mishap, alter: (record) => ({ ...record, timestamp: clock++ }) })
  const { coordinator, run } = coordinatorOf(t, ticking())
  await t.rejects(coordinator.executeWorkflow(workflowOf()))
  await t.rejects(
    new Coordinator({ outputDir: join(run, '..'), topologies: { search: ticking() } }).resumeWorkflow(run),
    {
      code: 'ERR_SPILLWAY_NONDETERMINISTIC',
      message: /"c0" of phase "first".*record 30 differs.*commit: container/,
      place: { phase: 'first', container: 'c0' },
    },
  )
  const shorter = making({ records: 10 })
  await t.rejects(
    new Coordinator({ outputDir: join(run, '..'), topologies: { search: shorter } }).resumeWorkflow(run),
    {
      code: 'ERR_SPILLWAY_NONDETERMINISTIC',
      message: /ended after 10 records, but the files have 30/,
    },
  )
})

t.test('after a resume, later phases can read the outputs of completed phases', async (t) => {
  const seen: unknown[] = []
  const reading: Topology = {
    containers: () => [{ id: 'one' }],
    async *run(_spec, { inputs }) {
      seen.push(await inputs['stored']?.get(), await inputs['kept']?.rows().toArray(), await inputs['plain']?.get())
      yield { n: 1 }
    },
  }
  const breaking = { isDue: true }
  const broken: Topology = {
    ...reading,
    async *run() {
      if (breaking.isDue) throw new Error('not yet')
      yield { n: 2 }
    },
  }
  const { coordinator, run } = coordinatorOf(t, making({ records: 2 }), {
    storing: { ...making({ records: 2 }), output: () => ({ best: 42 }) },
    keeping: { ...making({ records: 2 }), output: ({ results }) => results },
    broken,
    reading,
  })
  const workflow = {
    id: 'run',
    phases: [
      { name: 'stored', topology: 'storing' },
      { name: 'kept', topology: 'keeping' },
      { name: 'plain', topology: 'search' },
      { name: 'broken', topology: 'broken', depends_on: ['stored', 'kept', 'plain'] },
      { name: 'last', topology: 'reading', depends_on: ['broken', 'stored', 'kept', 'plain'] },
    ],
  }
  await t.rejects(coordinator.executeWorkflow(workflow))
  breaking.isDue = false
  // A new coordinator has no outputs in memory, like another process.
  const topologies = { search: making(), storing: making(), keeping: making(), broken, reading }
  const others = new Coordinator({
    outputDir: join(run, '..'),
    topologies: { ...topologies, keeping: { ...making(), output: () => 1 } },
  })
  const { phases } = await others.resumeWorkflow(run)
  t.match(seen, [{ best: 42 }, { length: 8 }, { aggregates: { count: 8 } }])
  t.match(phases, { stored: { status: 'completed', records: 8, aggregates: { count: 8 } } })
})

t.test('when no results are written, a phase with a stored output is not run again', async (t) => {
  const storing = { ...making({ records: 2 }), output: () => 42 }
  let isBroken = true
  const broken: Topology = {
    containers: () => [{ id: 'one' }],
    async *run(_spec, { inputs }) {
      if (isBroken) throw new Error('not yet')
      yield { n: await inputs['first']?.get() }
    },
  }
  const { coordinator, run } = coordinatorOf(t, storing, { broken })
  const phases = [
    { name: 'first', topology: 'search' },
    { name: 'last', topology: 'broken', depends_on: ['first'] },
  ]
  await t.rejects(coordinator.executeWorkflow({ id: 'run', results: false, phases }))
  isBroken = false
  t.match(await coordinator.resumeWorkflow(run), { phases: { last: { status: 'completed' } } })
  t.equal(storing.trace.made, 8)
})

t.test('a damaged output fails its phase, and the error names the file', async (t) => {
  const storing = { ...making({ records: 2 }), output: () => ({ best: 42 }) }
  const { coordinator, run } = coordinatorOf(t, storing, { broken: making({ mishap: { container: 0, record: 0 } }) })
  const phases = [
    { name: 'first', topology: 'search' },
    { name: 'last', topology: 'broken', depends_on: ['first'] },
  ]
  await t.rejects(coordinator.executeWorkflow({ id: 'run', phases }))
  writeFileSync(join(run, 'outputs/first/output.json'), '{}')
  const others = new Coordinator({ outputDir: join(run, '..'), topologies: { search: storing, broken: making() } })
  await t.rejects(others.resumeWorkflow(run), { code: 'ERR_SPILLWAY_OUTPUT', message: /output\.json/ })
  t.match(await others.resumeWorkflow(run, { acceptChanges: ['first'] }), { status: 'completed' })
})

t.test('a changed workflow is an error that lists the changes, until they are accepted', async (t) => {
  const search = making()
  const { coordinator, run } = coordinatorOf(t, search)
  await coordinator.executeWorkflow(workflowOf())
  const path = join(run, 'workflow.json')
  const file = JSON.parse(readFileSync(path, 'utf8')) as { workflow: { concurrency: number; phases: object[] } }
  file.workflow.phases[1] = { ...file.workflow.phases[1], config: { period: 5 } }
  writeFileSync(path, JSON.stringify(file))
  await t.rejects(coordinator.resumeWorkflow(run), {
    code: 'ERR_SPILLWAY_WORKFLOW',
    message: /was changed:\n\+ workflow\.phases\.second\.config\.period: 5\nUndo/,
  })
  await t.rejects(coordinator.resumeWorkflow(run, { acceptChanges: [] }), {
    message: /have started: second\. Name them/,
  })
  await t.rejects(coordinator.resumeWorkflow(run, { acceptChanges: ['secnd'] }), { message: /Did you mean `second`/ })
  t.equal(search.trace.made, 400, 'nothing was run')
  t.match(await coordinator.resumeWorkflow(run, { acceptChanges: ['second'] }), { counts: { written: 400 } })
  t.equal(search.trace.made, 600)
  t.match(await coordinator.resumeWorkflow(run, { acceptChanges: ['first'] }), { counts: { written: 400 } })
  t.equal(search.trace.made, 1000, 'phases that depend on it run again, too')
  t.strictSame(recordsIn(run, 'first').length, 200)
  t.match(await coordinator.resumeWorkflow(run), { wasComplete: true })

  const objective = { metric: 'profit' }
  const other = { ...workflowOf(), objective, concurrency: 3 }
  await t.rejects(coordinator.resumeWorkflow(run, { workflow: other, acceptChanges: [] }), { message: /first, second/ })
})

t.test('a change that does not affect the results causes no phase to run again', async (t) => {
  const search = making({ mishap: { container: 3, record: 10 } })
  const { coordinator, run } = coordinatorOf(t, search)
  await t.rejects(coordinator.executeWorkflow(workflowOf()))
  const workflow = workflowOf({ concurrency: 3, checkpoint_records: 7 })
  t.match(await coordinator.resumeWorkflow(run, { workflow, acceptChanges: [] }), { counts: { written: 400 } })
})

t.test('a second process in the same run directory is rejected', async (t) => {
  const { coordinator, run } = coordinatorOf(t, making({ mishap: { container: 0, record: 0 } }))
  await t.rejects(coordinator.executeWorkflow(workflowOf()))
  {
    await using _lock = await RunLock.take(run)
    await t.rejects(coordinator.resumeWorkflow(run), {
      code: 'ERR_SPILLWAY_LOCKED',
      message: new RegExp(`held by process ${process.pid}`),
    })
    await t.rejects(repairRun(run), { code: 'ERR_SPILLWAY_LOCKED' })
  }
  t.match(await coordinator.resumeWorkflow(run), { status: 'completed' })
})

t.test('a directory that is not a run directory is an error', async (t) => {
  const { coordinator, run } = coordinatorOf(t, making())
  await t.rejects(coordinator.resumeWorkflow(run), { code: 'ERR_SPILLWAY_JOURNAL', message: /has no journal/ })
  mkdirSync(join(run, 'journal'), { recursive: true })
  writeFileSync(join(run, 'journal/00000001.jsonl'), '')
  await t.rejects(coordinator.resumeWorkflow(run), { code: 'ERR_SPILLWAY_JOURNAL', message: /header is missing/ })
})

t.test('files without all committed records are an error, and the phase can be run again', async (t) => {
  const { coordinator, run } = coordinatorOf(t, making({ mishap: { container: 2, record: 30 } }))
  await t.rejects(coordinator.executeWorkflow(workflowOf()))
  const part = join(run, 'results/first/part-00000.jsonl')
  const content = readFileSync(part)
  writeFileSync(part, content.subarray(0, 100))
  t.match((await verifyRun(run)).problems, [{ file: 'results/first/part-00000.jsonl' }])
  const lost = { code: 'ERR_SPILLWAY_JOURNAL', message: /has 100 bytes, but its commit has \d+/ }
  await t.rejects(coordinator.resumeWorkflow(run), lost)
  t.match(await coordinator.resumeWorkflow(run, { acceptChanges: ['first'] }), { counts: { written: 400 } })
})

t.test('a repair removes data after the last commit, and verify reports no problem', async (t) => {
  const { coordinator, run } = coordinatorOf(t, making({ mishap: { container: 2, record: 30 } }))
  await t.rejects(coordinator.executeWorkflow(workflowOf()))
  const part = join(run, 'results/first/part-00000.jsonl')
  appendFileSync(part, '{"n":99')
  writeFileSync(join(run, 'results/first/part-00001.jsonl'), '{"n":100}\n')
  appendFileSync(join(run, 'dead-letter.jsonl'), '{"phase":"first","stage":"encode","reason":"?","record":1}\n{"pha')
  const { cut, rows } = await repairRun(run)
  t.strictSame(cut, [
    { phase: 'first', file: 'results/first/part-00000.jsonl', removedBytes: 7 },
    { phase: 'first', file: 'results/first/part-00001.jsonl', removedBytes: 10 },
  ])
  t.equal(rows, 130)
  t.strictSame(recordsIn(run, 'first').length, 130)
  t.equal(readFileSync(join(run, 'dead-letter.jsonl'), 'utf8'), '')
  t.strictSame((await verifyRun(run)).problems, [])
  t.match(await coordinator.resumeWorkflow(run), { counts: { written: 400 } })
  t.strictSame((await verifyRun(run)).problems, [])
})

t.test('a container that produces no record within its timeout fails, and can be run again', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let isStuck = true
  const stuck: Topology<number> = {
    ...making(),
    async *run() {
      yield { n: 0 }
      if (isStuck) {
        setImmediate(() => mock.timers.tick(50))
        await new Promise(() => {})
      }
      yield { n: 1 }
    },
  }
  const { coordinator, run } = coordinatorOf(t, stuck)
  await t.rejects(coordinator.executeWorkflow(workflowOf({ container_timeout_ms: 50 })), {
    code: 'ERR_SPILLWAY_CONTAINER',
    message: /"c0" of phase "first" failed at record 2: it made no record for 50 ms/,
  })
  isStuck = false
  t.match(await coordinator.resumeWorkflow(run), { counts: { written: 16, deduplicated: 1 } })
})

t.test('the counts add up after any rejections, failures, drifts and resumes', { timeout: 110_000 }, async (t) => {
  const mishap = fc.record({ container: fc.nat(3), record: fc.nat(40) })
  const pipeline = fc.record({
    format: fc.constantFrom('jsonl', 'csv', 'parquet'),
    commit: fc.constantFrom('records', 'container'),
    resumable: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 3 }),
    checkpoint_records: fc.integer({ min: 1, max: 60 }),
    buffer_size: fc.integer({ min: 1, max: 30 }),
    part_max_rows: fc.integer({ min: 5, max: 100 }),
    mishaps: fc.array(mishap, { maxLength: 3 }),
    refuseEvery: fc.integer({ min: 2, max: 50 }),
    driftAt: fc.nat(80),
  })
  let round = 0
  const base = t.testdir()
  await fc.assert(
    fc.asyncProperty(pipeline, async (given) => {
      const { format, commit, resumable, concurrency, checkpoint_records, buffer_size, part_max_rows, mishaps } = given
      const outputDir = join(base, String(round++))
      const alter = (record: object) => {
        const { n } = record as { n: number }
        if (n % given.refuseEvery === 1) return { ...record, refused: () => n }
        return n === given.driftAt ? { ...record, drift: n } : record
      }
      const workflow = workflowOf({
        commit,
        concurrency,
        checkpoint_records,
        results: { format, buffer_size, part_max_rows, infer_rows: 3 },
      })
      let result: WorkflowResult | undefined
      for (const next of [...mishaps, null]) {
        const search = making({ resumable, alter, mishap: next, records: 40 })
        const coordinator = new Coordinator({ outputDir, topologies: { search } })
        const run = join(outputDir, 'run')
        const running = existsSync(run) ? coordinator.resumeWorkflow(run) : coordinator.executeWorkflow(workflow)
        result = await running.catch(() => undefined)
        const { problems } = await verifyRun(run)
        assert.deepEqual(problems, [])
      }
      const { counts } = result as WorkflowResult
      assert.ok(counts !== null)
      const { recordsIn, written, rejected, deduplicated, inFlight } = counts
      assert.equal(recordsIn, written + rejected + deduplicated)
      assert.equal(written + rejected, 2 * 4 * 40)
      assert.equal(inFlight, 0)
      const letters = join(outputDir, 'run/dead-letter.jsonl')
      const lines = existsSync(letters) ? readFileSync(letters, 'utf8').split('\n').length - 1 : 0
      assert.equal(lines, rejected)
      rmSync(outputDir, { recursive: true })
    }),
    { numRuns: 15 },
  )
})
