import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { Coordinator, type CoordinatorOptions } from '../../lib/coordinator.ts'
import { makeDeferred } from '../../lib/core/deferred.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import type { PhaseReference } from '../../lib/outputs/reference.ts'
import { defineTopology, type OutputContext, type Topology, type TopologyContext } from '../../lib/workflow/topology.ts'
import { WorkflowAbortError, WorkflowError } from '../../lib/run/result.ts'
import type { Workflow } from '../../lib/workflow/types.ts'

/** `containers` containers of `records` records each. */
function search(containers: number, records: number): Topology<{ index: number }> {
  return defineTopology({
    *containers() {
      for (let index = 0; index < containers; index++) yield { id: `c${index}`, config: { index } }
    },
    *run({ config }) {
      for (let n = 0; n < records; n++)
        yield { n, result: { metrics: { sharpe_ratio: Math.sin(config.index * 99 + n) } } }
    },
  })
}

function coordinatorIn(
  t: Test,
  topologies: CoordinatorOptions['topologies'],
  options: Partial<CoordinatorOptions> = {},
): Coordinator {
  return new Coordinator({ outputDir: t.testdir(), topologies, ...options })
}

const onePhase = (options: Partial<Workflow> = {}): Workflow => ({
  id: 'run',
  phases: [{ name: 'a', topology: 'search' }],
  ...options,
})

function linesOf(directory: string, phase: string): ResultRecord[] {
  const folder = join(directory, 'results', phase)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .flatMap((part) => readFileSync(join(folder, part), 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line) as ResultRecord)
}

async function failureOf(run: Promise<unknown>): Promise<WorkflowError> {
  try {
    await run
  } catch (error) {
    return error as WorkflowError
  }
  throw new Error('the run was to fail')
}

t.test('runs a phase, and tells what has become of it', async (t) => {
  const coordinator = coordinatorIn(t, { search: search(4, 25) })
  const result = await coordinator.executeWorkflow(onePhase({ name: 'trial' }))
  t.match(result, { workflowId: 'run', status: 'completed', counts: { recordsIn: 100, written: 100, inFlight: 0 } })
  t.match(result.phases['a'], { status: 'completed', error: null, containers: 4, records: 100 })
  t.match(result.phases['a']?.aggregates, { count: 100, containerCount: 4 })
  t.match(result.aggregatedResults, { workflowId: 'run', writeCount: 100 })
  t.equal(coordinator.resultStreamers.size, 0)

  const records = linesOf(result.directory, 'a')
  t.equal(records.length, 100)
  t.strictSame(
    Object.keys(records[0] ?? {}),
    ['phase', 'container', 'n', 'result'],
    'phase and container are filled in',
  )
  t.match(records[99], { phase: 'a', container: 'c3', n: 24 })
  t.strictSame(readdirSync(result.directory).sort(), ['aggregates.json', 'journal', 'results', 'workflow.json'])
  const { workflow } = JSON.parse(readFileSync(join(result.directory, 'workflow.json'), 'utf8')) as {
    workflow: Workflow
  }
  t.match(workflow, { name: 'trial', id: 'run', concurrency: 1, phases: [{ name: 'a', depends_on: [] }] })
})

t.test('a run without an id is named by its workflow and the time, also twice within a second', async (t) => {
  const coordinator = coordinatorIn(t, { search: search(1, 1) })
  const workflow = onePhase({ id: null, name: 'nightly' })
  const runs = await Promise.all([1, 2, 3].map(() => coordinator.executeWorkflow(workflow)))
  for (const { workflowId } of runs) t.match(workflowId, /^nightly-\d{8}T\d{6}Z(-\d)?$/)
  t.equal(new Set(runs.map(({ workflowId }) => workflowId)).size, 3)
})

t.test('leaves fields that a record has as they are, and the record itself', async (t) => {
  const own = { phase: 'mine', container: 'other', x: 1 }
  const bare = { x: 2 }
  const topology: Topology = { containers: () => [{ id: 'c' }], run: () => [own, bare, { phase: null, x: 3 }] }
  const { directory } = await coordinatorIn(t, { search: topology }).executeWorkflow(onePhase())
  t.strictSame(linesOf(directory, 'a'), [
    { phase: 'mine', container: 'other', x: 1 },
    { phase: 'a', container: 'c', x: 2 },
    { phase: 'a', container: 'c', x: 3 },
  ])
  t.strictSame(bare, { x: 2 })
})

t.test('takes records from whatever can be iterated, one by one or in arrays', async (t) => {
  const records = [{ x: 1 }, { x: 2 }, { x: 3 }]
  const sources: Record<string, () => ReturnType<Topology['run']>> = {
    array: () => records,
    *generator() {
      yield* records
    },
    async *'async generator'() {
      yield* records
    },
    Readable: () => Readable.from(records),
    batches: () => [records.slice(0, 2), records.slice(2)],
    'promise of an array': () => Promise.resolve(records),
    'web stream': () => Readable.toWeb(Readable.from(records)),
  }
  const topology: Topology = {
    async *containers() {
      for (const id of Object.keys(sources)) yield { id }
    },
    run: ({ id }) => sources[id]?.() ?? [],
  }
  const { directory } = await coordinatorIn(t, { search: topology }).executeWorkflow(onePhase())
  for (const id of Object.keys(sources)) {
    const own = linesOf(directory, 'a').filter(({ container }) => container === id)
    t.strictSame(
      own.map(({ x }) => x),
      [1, 2, 3],
      id,
    )
  }
})

t.test('gives each phase its inputs, merged into its configuration', async (t) => {
  const contexts = new Map<string, TopologyContext>()
  const watched: Topology = {
    containers(ctx) {
      contexts.set(ctx.phase, ctx)
      return [{ id: 'c' }]
    },
    run: () => [{ x: 1 }],
    output: ({ phase }) => ({ made_by: phase }),
  }
  await coordinatorIn(t, { watched }).executeWorkflow({
    id: 'run',
    phases: [
      { name: 'first', topology: 'watched', config: { depth: 3 } },
      { name: 'second', topology: 'watched', depends_on: ['first'] },
      { name: 'third', topology: 'watched', depends_on: ['second'], inherit_from: 'first', config: { depth: 4 } },
    ],
  })
  t.strictSame(contexts.get('first')?.config, { depth: 3 })
  const third = contexts.get('third')
  t.strictSame(Object.keys(third?.config ?? {}), ['depth', 'second_results', 'inherited_data'])
  t.strictSame(Object.keys(third?.inputs ?? {}), ['second'])
  t.strictSame(await third?.inputs['second']?.get(), { made_by: 'second' })
  t.strictSame(await (third?.config['inherited_data'] as PhaseReference).get(), { made_by: 'first' })
  t.equal(third?.workflowId, 'run')
})

t.test('without an output, later phases receive results and aggregates', async (t) => {
  let received: unknown
  const last: Topology = {
    async *containers({ inputs }) {
      const input = inputs['a'] as PhaseReference
      const { results, aggregates } = (await input.get()) as Pick<OutputContext, 'results' | 'aggregates'>
      received = { rows: input.rowCount, same: results.rowCount, count: aggregates.count, columns: results.schema }
      for await (const record of input.rows({ container: 'c1' })) yield { id: `after-${String(record.n)}` }
    },
    run: ({ id }) => [{ id }],
  }
  const coordinator = coordinatorIn(t, { search: search(3, 2), last })
  const { phases } = await coordinator.executeWorkflow({
    id: 'run',
    phases: [
      { name: 'a', topology: 'search' },
      { name: 'b', topology: 'last', depends_on: ['a'] },
    ],
  })
  t.strictSame(received, { rows: 6, same: 6, count: 6, columns: null })
  t.equal(phases['b']?.containers, 2)
})

t.test('in output, the records are in the files and can be read by container', async (t) => {
  for (const format of ['jsonl', 'csv', 'parquet'] as const) {
    const topology: Topology = {
      ...search(3, 1200),
      async output({ results, aggregates }: OutputContext) {
        const own = await results.rows({ container: 'c1' }).toArray()
        const batches = await results.rows({ batches: true }).toArray()
        return { own: own.length, first: own[0], all: batches.flat().length, count: aggregates.count }
      },
    }
    const result = await coordinatorIn(t, { search: topology }).executeWorkflow(
      onePhase({ id: format, results: { format } }),
    )
    t.strictSame(
      await result.phases['a']?.output?.get(),
      {
        own: 1200,
        first: { phase: 'a', container: 'c1', n: 0, result: { metrics: { sharpe_ratio: Math.sin(99) } } },
        all: 3600,
        count: 3600,
      },
      format,
    )
  }
})

t.test('an output may be the results themselves; within another output they are refused', async (t) => {
  const handing: Topology = { ...search(2, 3), output: ({ results }: OutputContext) => results }
  const hiding: Topology = { ...search(2, 3), output: ({ results }: OutputContext) => ({ results }) }
  const coordinator = coordinatorIn(t, { handing, hiding })
  const { phases } = await coordinator.executeWorkflow({ id: 'run', phases: [{ name: 'a', topology: 'handing' }] })
  t.equal((await phases['a']?.output?.rows().toArray())?.length, 6)
  const run = coordinator.executeWorkflow({ id: 'hidden', phases: [{ name: 'a', topology: 'hiding' }] })
  t.match(await failureOf(run), { code: 'ERR_SPILLWAY_OUTPUT', message: /output\.results\.rows is a function/ })
})

t.test('lists of containers and sources are let go when the phase fails', async (t) => {
  const released: string[] = []
  const topology: Topology = {
    *containers() {
      try {
        for (const id of ['good', 'bad', 'never']) yield { id }
      } finally {
        released.push('list')
      }
    },
    async *run({ id }) {
      try {
        yield { id }
        if (id === 'bad') throw new Error('no')
        await new Promise(setImmediate)
        yield { id }
      } finally {
        released.push(id)
      }
    },
  }
  await failureOf(coordinatorIn(t, { search: topology }).executeWorkflow(onePhase({ concurrency: 2 })))
  t.strictSame(released.sort(), ['bad', 'good', 'list'])
})

t.test('runs phases that do not depend on each other at once, up to the limit', async (t) => {
  const gate = makeDeferred<void>()
  const running = new Set<string>()
  const arrived = makeDeferred<void>()
  const waiting: Topology = {
    containers: () => [{ id: 'c' }],
    async *run(_spec, { phase }) {
      running.add(phase)
      if (running.size === 2) arrived.resolve()
      await gate.promise
      yield { x: 1 }
      running.delete(phase)
    },
  }
  const phases = ['a', 'b', 'c'].map((name) => ({ name, topology: 'waiting' }))
  const run = coordinatorIn(t, { waiting }, { maxConcurrentPhases: 2 }).executeWorkflow({ id: 'run', phases })
  await arrived.promise
  t.strictSame([...running], ['a', 'b'])
  gate.resolve()
  t.equal((await run).counts?.written, 3)
})

t.test('runs containers at once, up to the concurrency of the workflow', async (t) => {
  const gate = makeDeferred<void>()
  let running = 0
  let most = 0
  const topology: Topology = {
    *containers() {
      for (let i = 0; i < 9; i++) yield { id: `c${i}` }
    },
    async *run({ id }) {
      most = Math.max(most, ++running)
      if (running === 3) gate.resolve()
      await gate.promise
      yield { id }
      running--
    },
  }
  const { phases } = await coordinatorIn(t, { search: topology }).executeWorkflow(onePhase({ concurrency: 3 }))
  t.equal(phases['a']?.containers, 9)
  t.equal(most, 3)
})

t.test('aggregates are the same to the last bit, whatever the concurrency and the format', async (t) => {
  const summaries = new Set<string>()
  for (const format of ['jsonl', 'csv', 'parquet'] as const) {
    for (const concurrency of [1, 2, 8]) {
      const topology: Topology<{ index: number }> = {
        ...search(20, 40),
        async *run(spec, ctx) {
          for (const record of search(20, 40).run(spec, ctx) as Iterable<ResultRecord>) {
            if (spec.config.index % 3 === 0) await new Promise(setImmediate)
            yield record
          }
        },
      }
      const workflow = onePhase({ id: `${format}-${concurrency}`, concurrency, results: { format } })
      const { aggregatedResults } = await coordinatorIn(t, { search: topology }).executeWorkflow(workflow)
      const { phases, topPerformers, averageMetrics, bestContainers } = aggregatedResults ?? {}
      summaries.add(JSON.stringify({ phases, topPerformers, averageMetrics, bestContainers }))
    }
  }
  t.equal(summaries.size, 1)
})

t.test('a container that throws fails its phase with the place; what came before is kept', async (t) => {
  const broken: Topology = {
    *containers() {
      for (const id of ['good', 'bad', 'never']) yield { id }
    },
    *run({ id }) {
      yield { x: 1 }
      yield { x: 2 }
      if (id === 'bad') throw new Error('no such parameter')
      yield { x: 3 }
    },
  }
  const coordinator = coordinatorIn(t, { broken, search: search(2, 2) })
  const error = await failureOf(
    coordinator.executeWorkflow({
      id: 'run',
      phases: [
        { name: 'a', topology: 'broken' },
        { name: 'after', topology: 'search', depends_on: ['a'] },
        { name: 'beside', topology: 'search' },
      ],
    }),
  )
  t.ok(error instanceof WorkflowError)
  t.match(error, {
    code: 'ERR_SPILLWAY_CONTAINER',
    message:
      /^Container "bad" of phase "a" failed at record 3: no such parameter \(.*coordinator\.test\.ts:\d+:\d+\)\. The records before it are kept\.$/,
    place: { phase: 'a', container: 'bad', record: 3 },
  })
  const { result } = error
  t.equal(result.status, 'failed')
  t.match(result.phases, {
    a: { status: 'failed', containers: 1, records: 5, output: null },
    after: { status: 'skipped', error: null, containers: 0, counts: null },
    beside: { status: 'completed', records: 4 },
  })
  t.equal(linesOf(result.directory, 'a').length, 5)
  t.equal(linesOf(result.directory, 'beside').length, 4)
  t.equal(result.aggregatedResults?.phases['a']?.count, 5, 'and aggregated')
  t.ok(existsSync(join(result.directory, 'aggregates.json')))
})

t.test('whatever a topology does wrong is told with its phase', async (t) => {
  const run = () => [{ x: 1 }]
  const throwing = () => {
    throw new Error('oops')
  }
  const cases: Record<string, [Topology, string, RegExp]> = {
    'containers() throws': [{ containers: throwing, run }, 'ERR_SPILLWAY_TOPOLOGY', /containers of phase "a".*: oops/],
    'containers() rejects': [
      { containers: () => Promise.reject(new Error('late')), run },
      'ERR_SPILLWAY_TOPOLOGY',
      /: late/,
    ],
    'the list of containers throws after some': [
      {
        *containers() {
          yield { id: 'x' }
          throw new Error('half way')
        },
        run,
      },
      'ERR_SPILLWAY_TOPOLOGY',
      /half way/,
    ],
    'containers() returns nothing': [
      { containers: (() => {}) as unknown as Topology['containers'], run },
      'ERR_SPILLWAY_TOPOLOGY',
      /it returned undefined, not a list/,
    ],
    'a container has no id': [
      { containers: () => [{ id: 'x' }, {} as { id: string }], run },
      'ERR_SPILLWAY_TOPOLOGY',
      /container 1 must be an object with an `id`/,
    ],
    'the id of a container is a number': [
      { containers: () => [{ id: 7 as unknown as string }], run },
      'ERR_SPILLWAY_TOPOLOGY',
      /an id that is 7 \(number\)/,
    ],
    'two containers have one id': [
      { containers: () => [{ id: 'x' }, { id: 'y' }, { id: 'x' }], run },
      'ERR_SPILLWAY_TOPOLOGY',
      /containers 0 and 2 have the same id "x"/,
    ],
    'run() throws': [
      { containers: () => [{ id: 'x' }], run: throwing },
      'ERR_SPILLWAY_CONTAINER',
      /Container "x" of phase "a" failed at record 1: oops/,
    ],
    'run() returns nothing': [
      { containers: () => [{ id: 'x' }], run: (() => {}) as unknown as Topology['run'] },
      'ERR_SPILLWAY_CONTAINER',
      /it returned undefined, not a stream/,
    ],
    'the stream of a container fails': [
      {
        containers: () => [{ id: 'x' }],
        run: () =>
          Readable.from(
            (function* () {
              yield { x: 1 }
              throw new Error('cut off')
            })(),
          ),
      },
      'ERR_SPILLWAY_CONTAINER',
      /failed at record 2: cut off/,
    ],
    'a container throws a string': [
      {
        containers: () => [{ id: 'x' }],
        run: () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error
          throw 'just text'
        },
      },
      'ERR_SPILLWAY_CONTAINER',
      /just text/,
    ],
    'output() throws': [
      { containers: () => [{ id: 'x' }], run, output: throwing },
      'ERR_SPILLWAY_TOPOLOGY',
      /The output of phase "a" could not be made: oops/,
    ],
    'the output holds a function': [
      { containers: () => [{ id: 'x' }], run, output: () => ({ model: { predict: () => 1 } }) },
      'ERR_SPILLWAY_OUTPUT',
      /model\.predict/,
    ],
  }
  for (const [name, [topology, code, message]] of Object.entries(cases)) {
    const error = await failureOf(coordinatorIn(t, { search: topology }).executeWorkflow(onePhase()))
    t.match(error, { code, message, place: { phase: 'a' } }, name)
    t.ok(existsSync(join(error.result.directory, 'journal')), 'the run can be looked at')
  }
})

t.test('what is no record goes to the dead letters, and the rest is written', async (t) => {
  const odd = [{ x: 1 }, 5, 'text', null, { x: Symbol('s') }, { x: 2 }] as ResultRecord[]
  const topology: Topology = { containers: () => [{ id: 'c' }], run: () => odd }
  const { counts, directory } = await coordinatorIn(t, { search: topology }).executeWorkflow(onePhase())
  t.match(counts, { recordsIn: 6, written: 2, rejected: 4 })
  t.equal(linesOf(directory, 'a').length, 2)
  t.equal(readFileSync(join(directory, 'dead-letter.jsonl'), 'utf8').trimEnd().split('\n').length, 4)
})

t.test('refuses before anything runs, and leaves nothing behind', async (t) => {
  const coordinator = coordinatorIn(t, { search: search(1, 1) })
  const refused = (workflow: unknown, code: string, message: RegExp) =>
    t.rejects(coordinator.executeWorkflow(workflow as Workflow), { code, message })
  await refused(
    { phases: [{ name: 'a', topology: 'serch' }] },
    'ERR_SPILLWAY_WORKFLOW',
    /phases\[0\]\.topology: no topology is registered as `serch`\. Did you mean `search`\?/,
  )
  await refused(onePhase({ id: '../up' + '\0' }), 'ERR_SPILLWAY_WORKFLOW', /NUL/)
  await refused({ phases: [] }, 'ERR_SPILLWAY_WORKFLOW', /a list of at least one phase/)
  await refused(undefined, 'ERR_SPILLWAY_WORKFLOW', /expected an object/)
  await t.rejects(coordinator.executeWorkflow(onePhase(), { signal: AbortSignal.abort() }), { name: 'AbortError' })
  t.throws(() => new Coordinator({ outputDir: 'x', topologies: { a: {} as Topology } }), {
    code: 'ERR_SPILLWAY_TOPOLOGY',
    message: /must have a method `containers/,
  })
  t.throws(() => new Coordinator({ outputDir: 'x' } as CoordinatorOptions), { code: 'ERR_SPILLWAY_OPTION' })
})

t.test('hostile ids stay within the output directory', async (t) => {
  const outputDir = t.testdir()
  const coordinator = new Coordinator({ outputDir, topologies: { search: search(1, 1) } })
  const { directory } = await coordinator
    .executeWorkflow({
      id: '../../etc/passwd',
      phases: [
        { name: '../x', topology: 'search' },
        { name: '__proto__', topology: 'search', config: JSON.parse('{"__proto__":{"bad":1}}') },
      ],
    })
    .catch((error: unknown) => {
      throw error
    })
  t.equal(join(directory, '..'), outputDir)
  t.strictSame(readdirSync(join(directory, 'results')).sort(), ['..%2Fx', '__proto__'].sort())
})

t.test('a directory that holds another run is left alone', async (t) => {
  const coordinator = coordinatorIn(t, { search: search(1, 1) })
  const { directory } = await coordinator.executeWorkflow(onePhase())
  const before = readFileSync(join(directory, 'journal/00000001.jsonl'))
  await t.rejects(coordinator.executeWorkflow(onePhase()), {
    code: 'ERR_SPILLWAY_EXISTS',
    message: /already contains another run/,
  })
  t.strictSame(readFileSync(join(directory, 'journal/00000001.jsonl')), before)

  const foreign = join(directory, '../foreign')
  mkdirSync(foreign)
  writeFileSync(join(foreign, 'thesis.tex'), '')
  await t.rejects(coordinator.executeWorkflow(onePhase({ id: 'foreign' })), { code: 'ERR_SPILLWAY_EXISTS' })
  t.strictSame(readdirSync(foreign), ['thesis.tex'])
})

t.test('an abort stops the containers, keeps what was accepted, and tells how far it came', async (t) => {
  const controller = new AbortController()
  const hanging: Topology = {
    *containers() {
      yield { id: 'quick' }
      yield { id: 'hanging' }
      yield { id: 'never' }
    },
    async *run({ id }) {
      yield { x: 1 }
      if (id === 'quick') return
      controller.abort(new Error('enough'))
      await new Promise(() => {})
    },
  }
  const coordinator = coordinatorIn(t, { hanging, search: search(1, 1) })
  const error = await failureOf(
    coordinator.executeWorkflow(
      {
        id: 'run',
        phases: [
          { name: 'a', topology: 'hanging' },
          { name: 'b', topology: 'search', depends_on: ['a'] },
        ],
      },
      { signal: controller.signal },
    ),
  )
  t.ok(error instanceof WorkflowAbortError)
  t.match(error, { name: 'AbortError', cause: { message: 'enough' } })
  t.match(error.result, {
    status: 'aborted',
    phases: { a: { status: 'aborted', containers: 1, records: 2 }, b: { status: 'skipped' } },
  })
  t.equal(linesOf(error.result.directory, 'a').length, 2)
})

t.test('an abort is seen by a container that never lets go of the event loop', async (t) => {
  const controller = new AbortController()
  const endless: Topology = {
    containers: () => [{ id: 'c' }],
    *run() {
      setImmediate(() => controller.abort())
      for (let n = 0; ; n++) yield { n }
    },
  }
  const run = coordinatorIn(t, { search: endless }).executeWorkflow(onePhase(), { signal: controller.signal })
  const { result } = await failureOf(run)
  t.equal(linesOf(result.directory, 'a').length, result.counts?.written)
})

t.test('the callback receives each record, phase and container filled in, and holds the run back', async (t) => {
  const seen: ResultRecord[] = []
  let inside = 0
  await coordinatorIn(t, { search: search(2, 3) }).executeWorkflow(onePhase({ concurrency: 1 }), {
    async resultCallback(record) {
      t.equal(++inside, 1, 'one at a time')
      await new Promise(setImmediate)
      seen.push(record)
      inside--
    },
  })
  t.strictSame(
    seen.map(({ phase, container, n }) => [phase, container, n].join()),
    ['a,c0,0', 'a,c0,1', 'a,c0,2', 'a,c1,0', 'a,c1,1', 'a,c1,2'],
  )
})

t.test('a callback that throws fails the run', async (t) => {
  const run = coordinatorIn(t, { search: search(2, 3) }).executeWorkflow(onePhase(), {
    resultCallback() {
      throw new Error('not this one')
    },
  })
  t.match(await failureOf(run), { code: 'ERR_SPILLWAY_PHASE', message: 'not this one', result: { status: 'failed' } })
})

t.test('stats and metrics can be polled while a run goes on', async (t) => {
  const gate = makeDeferred<void>()
  const half = makeDeferred<void>()
  const topology: Topology = {
    containers: () => [{ id: 'c' }],
    async *run() {
      yield { x: 1 }
      half.resolve()
      await gate.promise
      yield { x: 2 }
    },
  }
  const coordinator = coordinatorIn(t, { search: topology })
  const run = coordinator.executeWorkflow(onePhase())
  await half.promise
  while ((coordinator.resultStreamers.get('run')?.stats.recordsIn ?? 0) < 1) await new Promise(setImmediate)
  t.equal(coordinator.resultStreamers.get('run')?.stats.phases.get('a')?.recordsIn, 1)
  gate.resolve()
  await run
})

t.test('without result streaming nothing is written, and aggregates are kept all the same', async (t) => {
  const results = { byOption: [{}, { enableResultStreaming: false }], byWorkflow: [{ results: false }, {}] } as const
  for (const [name, [workflow, options]] of Object.entries(results)) {
    const topology: Topology = {
      ...search(2, 3),
      output: async ({ results }: OutputContext) => results.rows(),
    }
    const coordinator = coordinatorIn(t, { search: search(2, 3), reading: topology }, options)
    const { phases, aggregatedResults, counts, directory } = await coordinator.executeWorkflow(onePhase(workflow))
    t.match(phases['a'], { status: 'completed', records: 6, counts: null, aggregates: { count: 6 } }, name)
    t.strictSame({ aggregatedResults, counts }, { aggregatedResults: null, counts: null })
    t.notOk(existsSync(join(directory, 'results')))
    const error = await failureOf(
      coordinator.executeWorkflow({ id: 'reading', ...workflow, phases: [{ name: 'a', topology: 'reading' }] }),
    )
    t.match(error.message, /none are written/)
  }
})

t.test('a run on a disk that fails ends with the path and the cause', async (t) => {
  const outputDir = t.testdir({ file: '' })
  const coordinator = new Coordinator({ outputDir: join(outputDir, 'file'), topologies: { search: search(1, 1) } })
  await t.rejects(coordinator.executeWorkflow(onePhase()), { code: 'ERR_SPILLWAY_IO', message: /file/ })
})

t.test('publishes what happens on diagnostics channels', async (t) => {
  const messages: string[] = []
  const outputDir = t.testdir()
  const names = [
    'workflow:started',
    'phase:started',
    'container:started',
    'container:ended',
    'phase:ended',
    'workflow:ended',
  ]
  const listener = (message: unknown, name: string | symbol) => {
    const { workflowId, path, phase, container, status, error } = message as Record<string, string | null>
    if (String(name).endsWith(':ended')) t.equal(error, null)
    if (workflowId === 'watched' && path === join(outputDir, 'watched'))
      messages.push([String(name), phase, container, status].filter(Boolean).join(' '))
  }
  for (const name of names) subscribe(`spillway:${name}`, listener)
  t.teardown(() => names.forEach((name) => unsubscribe(`spillway:${name}`, listener)))
  const coordinator = new Coordinator({ outputDir, topologies: { search: search(1, 1) } })
  await coordinator.executeWorkflow(onePhase({ id: 'watched' }))
  t.strictSame(messages, [
    'spillway:workflow:started',
    'spillway:phase:started a',
    'spillway:container:started a c0',
    'spillway:container:ended a c0',
    'spillway:phase:ended a completed',
    'spillway:workflow:ended completed',
  ])
})

t.test('spreads phases over workers', async (t) => {
  const phases = [
    { name: 'a', topology: 't', weight: 3 },
    { name: 'b', topology: 't', weight: 1 },
    { name: 'c', topology: 't', weight: 2, depends_on: ['b'] },
  ]
  const lists = coordinatorIn(t, {}).distributePhases(phases, 2)
  t.strictSame(
    lists.map((list) => list.map(({ name }) => name)),
    [['a'], ['b', 'c']],
  )
})
