/**
 * Small outputs of phases, stored and loaded again. Each is a copy, so that later changes of the original do not affect
 * it. A DataFlowManager, which keeps them in memory, is compared with bare copying. Each output counts as a record.
 */
import { deserialize, serialize } from 'node:v8'
import { DataFlowManager } from '../../lib/data-flow-manager.ts'
import type { BenchCase, Job } from '../bench-case.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { tallyOf } from '../streams/tally-sink.ts'
import { figureOfSearch } from '../tables/figures.ts'
import { readTallies, saveTallies, sumTallies, Tally } from '../tally.ts'

const POOL = 100
const BEST = 10

/** The output of a phase: its best records. */
interface PhaseOutput {
  readonly best: readonly SearchRecord[]
}

/** Stores an output and loads it again. */
type Keep = (output: PhaseOutput) => PhaseOutput | Promise<PhaseOutput>

export const benchCase: BenchCase<readonly PhaseOutput[]> = {
  name: 'phase-output-small',
  records: 20_000,
  prepare: () => Array.from({ length: POOL }, (_, seed) => ({ best: makeRecords(BEST, seed) })),
  expectedOutput: (pool, records) => sumTallies(tallyOf(cycle(pool, records), figureOf)),
  readOutput: readTallies,
  contenders: {
    'structuredClone, twice': (pool, job) => keepAll((output) => structuredClone(structuredClone(output)), pool, job),
    'v8.serialize': (pool, job) => keepAll((output) => deserialize(serialize(output)) as PhaseOutput, pool, job),
    DataFlowManager: byManager,
  },
  subjects: ['DataFlowManager'],
}

async function byManager(pool: readonly PhaseOutput[], job: Job): Promise<void> {
  const manager = new DataFlowManager({ directory: job.directory })
  const keep = async (output: PhaseOutput) => {
    await manager.storePhaseOutput('bench', 'search', output)
    return (await manager.getPhaseOutput('bench', 'search')) as PhaseOutput
  }
  await keepAll(keep, pool, job)
}

async function keepAll(keep: Keep, pool: readonly PhaseOutput[], { records, directory }: Job): Promise<void> {
  const tally = new Tally()
  for (const output of cycle(pool, records)) tally.add(figureOf(await keep(output)))
  await saveTallies(directory, [tally])
}

function figureOf({ best }: PhaseOutput): number {
  return best.reduce((sum, record) => sum + figureOfSearch(record), 0)
}
