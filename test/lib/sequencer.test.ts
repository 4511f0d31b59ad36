import { Writable } from 'node:stream'
import t from 'tap'
import { recordsOf } from '../../lib/core/batch.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import type { PhaseReference } from '../../lib/outputs/reference.ts'
import { resolveWorkflow } from '../../lib/workflow/resolve.ts'
import type { PhaseResult, RunContext } from '../../lib/execution/run-context.ts'
import { Sequencer } from '../../lib/sequencer.ts'
import type { Topology } from '../../lib/workflow/topology.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'

/** A context that keeps everything in memory, as somebody's own pipeline might. */
function makeContext(options: Partial<RunContext> = {}) {
  const records: ResultRecord[] = []
  const ended: PhaseResult[] = []
  const outputs = new Map<string, unknown>()
  const referenceTo = (phase: string): PhaseReference => ({
    workflowId: 'run',
    phase,
    bytes: 0,
    tables: [],
    rowCount: null,
    schema: null,
    get: () => Promise.resolve(outputs.get(phase)),
    rows: () => {
      throw new Error('there are none')
    },
  })
  const context: RunContext = {
    workflowId: 'run',
    signal: new AbortController().signal,
    openPhase: (phase) => ({
      sink: new Writable({
        objectMode: true,
        write(batch, _encoding, callback) {
          records.push(...recordsOf(batch))
          callback()
        },
      }),
      results: referenceTo(phase),
      aggregates: new Aggregates().phaseSummary(phase),
      counts: null,
    }),
    storeOutput(phase, output) {
      outputs.set(phase, output)
      return Promise.resolve(referenceTo(phase))
    },
    onPhaseEnded: (result) => void ended.push(result),
    ...options,
  }
  return { context, records, ended }
}

const counting: Topology = {
  containers: () => [{ id: 'c' }],
  async *run(_spec, { inputs }) {
    const before = (await Promise.all(Object.values(inputs).map((input) => input.get()))) as number[]
    yield { depth: Math.max(0, ...before) }
  },
  output: async ({ inputs }) => {
    const before = (await Promise.all(Object.values(inputs).map((input) => input.get()))) as number[]
    return 1 + Math.max(0, ...before)
  },
}

const workflow = resolveWorkflow({
  phases: [
    { name: 'last', topology: 'counting', depends_on: ['left', 'right'] },
    { name: 'left', topology: 'counting', depends_on: ['first'] },
    { name: 'right', topology: 'counting', depends_on: ['first'] },
    { name: 'first', topology: 'counting' },
  ],
})

t.test('runs phases behind those they depend on, into whatever streams it is given', async (t) => {
  const { context, records, ended } = makeContext()
  const results = await new Sequencer({ topologies: { counting } }).executePhases(workflow, context)
  t.strictSame(records.map(({ phase, depth }) => `${String(phase)} ${String(depth)}`).sort(), [
    'first 0',
    'last 2',
    'left 1',
    'right 1',
  ])
  t.strictSame(Object.keys(results), ['last', 'left', 'right', 'first'], 'the order of the workflow')
  t.equal(ended[0]?.phase, 'first')
  t.equal(ended.at(-1)?.phase, 'last')
  t.ok(ended.every(({ status }) => status === 'completed'))
})

t.test('what keeps the context from taking a phase fails that phase, and skips those behind it', async (t) => {
  const disk = new Error('disk full')
  const failing: Partial<RunContext>[] = [
    {
      openPhase() {
        throw disk
      },
    },
    { storeOutput: () => Promise.reject(disk) },
    { onPhaseStarted: () => Promise.reject(disk) },
    {
      onPhaseEnded({ status }) {
        if (status === 'completed') throw disk
      },
    },
  ]
  for (const options of failing) {
    const { context } = makeContext(options)
    const { first, left, last } = await new Sequencer({ topologies: { counting } }).executePhases(workflow, context)
    t.match(first, { status: 'failed', error: disk, output: null })
    t.match([left, last], [{ status: 'skipped' }, { status: 'skipped' }])
  }
})

t.test('a sink that fails fails its phase with its own error, and stops the containers', async (t) => {
  const endless: Topology = {
    containers: () => [{ id: 'c' }],
    *run() {
      for (let n = 0; ; n++) yield { n }
    },
  }
  const made = makeContext()
  const broken = new Writable({ objectMode: true, write: (_batch, _encoding, callback) => callback(new Error('EIO')) })
  const context: RunContext = {
    ...made.context,
    openPhase: (phase) => ({ ...made.context.openPhase(phase), sink: broken }),
  }
  const single = resolveWorkflow({ phases: [{ name: 'a', topology: 'endless' }] })
  const { a } = await new Sequencer({ topologies: { endless } }).executePhases(single, context)
  t.match(a, { status: 'failed', error: { message: 'EIO' } })
})

t.test('refuses what cannot be ordered, before anything runs', async (t) => {
  const { context, ended } = makeContext()
  const circle = { ...workflow, phases: workflow.phases.map((phase) => ({ ...phase, depends_on: ['last'] })) }
  const sequencer = new Sequencer({ topologies: { counting } })
  await t.rejects(sequencer.executePhases(circle, context), { code: 'ERR_SPILLWAY_WORKFLOW', message: /last -> last/ })
  await t.rejects(new Sequencer({ topologies: {} }).executePhases(workflow, context), { code: 'ERR_SPILLWAY_TOPOLOGY' })
  t.strictSame(ended, [])
})
