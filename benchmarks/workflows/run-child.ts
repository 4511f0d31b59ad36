/**
 * The process of a run: begins one and kills itself when all records are committed, or resumes it and tells when a
 * container is run.
 */
import { join } from 'node:path'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import { Coordinator } from '../../lib/coordinator.ts'
import { readRunState } from '../../lib/journal/reader.ts'
import { defineTopology } from '../../lib/workflow/topology.ts'
import type { RunTask } from './unfinished-run.ts'

const RUN = 'run'
const PHASE = 'search'
const BATCH = 1000
const LOOK_EVERY_MS = 20

const { outputDir, recordsByContainer, containers } = JSON.parse(process.argv[2] ?? '') as RunTask

const directory = join(outputDir, RUN)

const search = defineTopology<number>({
  resumable: true,
  *containers() {
    for (let index = 0; index < containers; index++) yield { id: String(index), config: index }
  },
  async *run({ config: index }, { resumeFrom }) {
    if (recordsByContainer === null) {
      process.send?.(resumeFrom)
      await new Promise(() => {})
      return
    }
    for (let left = recordsByContainer[index] ?? 0; left > 0; left -= BATCH) {
      // Where records take longer to make there is time for each checkpoint, too.
      await setImmediate()
      yield Array.from({ length: Math.min(left, BATCH) }, (_, n) => ({
        result: { metrics: { sharpe_ratio: ((index + n) % 1000) / 8 } },
      }))
    }
    if (index === containers - 1) await killWhenCommitted(recordsByContainer.reduce((sum, records) => sum + records, 0))
  },
})

async function killWhenCommitted(records: number): Promise<void> {
  while ((await readRunState(directory)).phase(PHASE).commit?.counts.written !== records) await wait(LOOK_EVERY_MS)
  process.kill(process.pid, 'SIGKILL')
}

const coordinator = new Coordinator({ outputDir, topologies: { search } })
await (recordsByContainer === null
  ? coordinator.resumeWorkflow(directory)
  : coordinator.executeWorkflow({
      id: RUN,
      concurrency: 1,
      // The smallest files there are; a few records must not wait for more of them to find the columns.
      results: { format: 'csv', infer_rows: 1 },
      phases: [{ name: PHASE, topology: 'search' }],
    }))
