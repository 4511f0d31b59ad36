/**
 * Wrong arguments of functions and methods are named, with what is expected.
 */
import { join } from 'node:path'
import t from 'tap'
import {
  Aggregates,
  Coordinator,
  DataFlowManager,
  distributePhases,
  inspectRun,
  loadWorkflow,
  parquetInfo,
  repairRun,
  ResultStreamer,
  Sequencer,
  verifyRun,
} from '../../lib/index.ts'

/** Any function, as plain JavaScript calls it. */
type Loose = (...args: unknown[]) => unknown

const directory = t.testdir()
const manager = new DataFlowManager({ directory })
const coordinator = new Coordinator({ outputDir: directory, topologies: {} })
const streamer = new ResultStreamer({ workflowId: 'w', outputDir: join(directory, 'streamer') })
const sequencer = new Sequencer({ topologies: {} })

const place = { workflowId: 'w', phaseName: 'p' }
const methodOf = (owner: object, name: string): Loose => {
  const method = (owner as Record<string, Loose>)[name] as Loose
  return (...args) => method.apply(owner, args)
}
const onManager = (name: string): Loose => methodOf(manager, name)
const onCoordinator = (name: string): Loose => methodOf(coordinator, name)

const cases: readonly (readonly [call: Loose, args: readonly unknown[], message: RegExp])[] = [
  [onManager('transferData'), [{ workflowId: 'w', phase: 'p' }, place], /`phase`.*workflowId, phaseName/],
  [onManager('transferData'), [place, { workflowID: 'w', phaseName: 'p' }], /`to`.*`workflowID`.*`workflowId`/],
  [onManager('transferData'), [place], /`workflowId` to be a string, got undefined/],
  [onManager('transferData'), [null, place], /`from`.* to be an object, got null/],
  [onManager('storePhaseOutput'), ['w', undefined, 1], /`phaseName` to be a string, got undefined/],
  [onManager('getPhaseOutput'), [], /`workflowId` to be a string, got undefined/],
  [onManager('getPhaseOutput'), ['w', 5], /`phaseName` to be a string, got 5/],
  [onManager('getPhaseOutputs'), ['w', 'p'], /`phaseNames` to be a list of non-empty strings, got 'p'/],
  [onManager('createReference'), ['w'], /`phaseName` to be a string, got undefined/],
  [onManager('cleanupWorkflow'), [], /`workflowId` to be a string, got undefined/],
  [onCoordinator('distributePhases'), [undefined, 2], /`phases` to be a list of phases/],
  [onCoordinator('distributePhases'), [[undefined], 2], /`phases` to be a list of phases/],
  [onCoordinator('distributePhases'), [[{ name: 'a' }]], /`numWorkers` to be an integer/],
  [distributePhases as Loose, [[{ nam: 'a' }], 2], /`phases` to be a list of phases, each with a `name`/],
  [distributePhases as Loose, [[{ name: 'a', depends_on: 'b' }], 2], /a list of names `depends_on`/],
  [onCoordinator('stream'), [{}, null], /options of stream to be an object, got null/],
  [onCoordinator('stream'), [{}, { signl: new AbortController().signal }], /`signl`. Did you mean `signal`/],
  [onCoordinator('resumeWorkflow'), [], /`directory` to be a non-empty string, got undefined/],
  [inspectRun as Loose, [], /`directory` to be a non-empty string, got undefined/],
  [verifyRun as Loose, [5], /`directory` to be a non-empty string, got 5/],
  [repairRun as Loose, [{}], /`directory` to be a non-empty string, got an object/],
  [loadWorkflow as Loose, [], /`path` to be a non-empty string, got undefined/],
  [loadWorkflow as Loose, ['w.yaml', { topologies: 'a' }], /`topologies` to be a list/],
  [parquetInfo as Loose, [], /`path` to be a non-empty string, got undefined/],
  [methodOf(streamer, 'forPhase'), [5], /`name` to be a string, got 5/],
  [methodOf(streamer, 'writeResult'), [{ n: 1 }, null], /`options` to be an object, got null/],
  [methodOf(streamer, 'writeResult'), [{ n: 1 }, 'durable'], /`options` to be an object, got 'durable'/],
  [methodOf(streamer, 'writeResult'), [{ n: 1 }, { ack: null }], /`ack` to be one of .*, got null/],
  [
    methodOf(sequencer, 'executePhases'),
    [{ phases: [] }, {}, null],
    /options of executePhases to be an object, got null/,
  ],
  [methodOf(new Aggregates(), 'merge'), [], /expected an Aggregates, got undefined/],
]

for (const [call, args, message] of cases) {
  t.test(message.source, async (t) => {
    const expected = { code: 'ERR_SPILLWAY_OPTION', message }
    await t.rejects(async () => call(...args), expected)
  })
}
