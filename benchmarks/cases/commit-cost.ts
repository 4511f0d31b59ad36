/**
 * The cost of acknowledgements and commits. Nested records into JSON lines, where every 1,000th record requests an
 * acknowledgement (`written` or `durable`) while writing continues. The same records are also written as a workflow,
 * with a checkpoint every 10,000 records, the default, or every 1,000. Those that become due while the disk is busy are
 * combined.
 */
import { join } from 'node:path'
import { Coordinator } from '../../lib/coordinator.ts'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { defineTopology } from '../../lib/workflow/topology.ts'
import type { AckLevel } from '../../lib/core/marker.ts'
import type { WorkflowInput } from '../../lib/workflow/types.ts'
import type { BenchCase, Contender, Job } from '../bench-case.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { sumFiles, sumLines } from '../text-output.ts'

const POOL = 100_000
const RUN = 'run'
const EVERY_RECORDS = 1000

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  name: 'commit-cost',
  records: 1_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: (pool, records) => sumLines(cycle(pool, records), (record) => JSON.stringify(record)),
  readOutput: (directory) => sumFiles(join(directory, RUN, 'results'), '.jsonl'),
  contenders: {
    'written, each 1,000th': acknowledged('written'),
    'durable, each 1,000th': acknowledged('durable'),
    'workflow, checkpoint_records 10,000': asWorkflow({}),
    'workflow, checkpoint_records 1,000': asWorkflow({ checkpoint_records: EVERY_RECORDS }),
  },
}

function acknowledged(ack: AckLevel): Contender<readonly SearchRecord[]> {
  return async (pool, { records, directory }) => {
    const streamer = new ResultStreamer({ workflowId: RUN, outputDir: join(directory, RUN) })
    const acknowledgements: Promise<void>[] = []
    let n = 0
    for (const record of cycle(pool, records)) {
      n += 1
      if (n % EVERY_RECORDS === 0) acknowledgements.push(streamer.writeResult(record, { ack }))
      else {
        const queued = streamer.writeResult(record)
        if (streamer.writableNeedDrain) await queued
      }
    }
    await streamer.close()
    await Promise.all(acknowledgements)
  }
}

function asWorkflow(settings: Partial<WorkflowInput>): Contender<readonly SearchRecord[]> {
  return async (pool, { records, directory }: Job) => {
    const search = defineTopology({ containers: () => [{ id: 'all' }], run: () => cycle(pool, records) })
    const coordinator = new Coordinator({ outputDir: directory, topologies: { search } })
    const phases = [{ name: pool[0]?.phase ?? '', topology: 'search' }]
    await coordinator.executeWorkflow({ id: RUN, ...settings, phases })
  }
}
