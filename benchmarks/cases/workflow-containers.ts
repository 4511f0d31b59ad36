/**
 * The cost of a container: a phase of containers with one record each, compared with the same records written without
 * containers. The difference per record is the cost of a container.
 */
import { join } from 'node:path'
import { Coordinator } from '../../lib/coordinator.ts'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { defineTopology } from '../../lib/workflow/topology.ts'
import type { BenchCase, Job } from '../bench-case.ts'
import { sumFiles, sumLines } from '../text-output.ts'

const PHASE = 'search'

export const benchCase: BenchCase<null> = {
  name: 'workflow-containers',
  records: 100_000,
  prepare: () => null,
  expectedOutput: (_input, records) => sumLines(allRecords(records), (record) => JSON.stringify(record)),
  readOutput: (directory) => sumFiles(join(directory, 'run', 'results'), '.jsonl'),
  contenders: { 'writeResult, no containers': withoutContainers, 'a container a record': withContainers },
}

async function withoutContainers(_input: null, { directory, records }: Job): Promise<void> {
  const streamer = new ResultStreamer({ workflowId: 'run', outputDir: join(directory, 'run') })
  for (const record of allRecords(records)) {
    const queued = streamer.writeResult(record)
    if (streamer.writableNeedDrain) await queued
  }
  await streamer.close()
}

async function withContainers(_input: null, { directory, records }: Job): Promise<void> {
  const search = defineTopology<number>({
    *containers() {
      for (let index = 0; index < records; index++) yield { id: idOf(index), config: index }
    },
    *run({ config: index }) {
      yield makeRecord(index)
    },
  })
  const coordinator = new Coordinator({ outputDir: directory, topologies: { search } })
  await coordinator.executeWorkflow({ id: 'run', phases: [{ name: PHASE, topology: 'search' }] })
}

function* allRecords(records: number) {
  for (let index = 0; index < records; index++) yield makeRecord(index)
}

function makeRecord(index: number) {
  const metrics = { sharpe_ratio: Math.sin(index), total_return: index / 7 }
  return { phase: PHASE, container: idOf(index), index, result: { metrics } }
}

function idOf(index: number): string {
  return `container_${index}`
}
