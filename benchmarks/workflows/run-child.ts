/**
 * The process of a run. One kind of process starts a run and kills itself when all records are committed. The other
 * kind resumes the run and sends a message when a container starts.
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
const POLL_INTERVAL_MS = 20

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
      // Yields to the event loop, so that each checkpoint is made, as it is when records take longer to compute.
      await setImmediate()
      yield Array.from({ length: Math.min(left, BATCH) }, (_, n) => ({
        result: { metrics: { sharpe_ratio: ((index + n) % 1000) / 8 } },
      }))
    }
    if (index === containers - 1) await killWhenCommitted(recordsByContainer.reduce((sum, records) => sum + records, 0))
  },
})

async function killWhenCommitted(records: number): Promise<void> {
  while ((await readRunState(directory)).phase(PHASE).commit?.counts.written !== records) await wait(POLL_INTERVAL_MS)
  process.kill(process.pid, 'SIGKILL')
}

const coordinator = new Coordinator({ outputDir, topologies: { search } })
await (recordsByContainer === null
  ? coordinator.resumeWorkflow(directory)
  : coordinator.executeWorkflow({
      id: RUN,
      concurrency: 1,
      // CSV has the smallest files. With `infer_rows: 1`, a few records do not wait for more rows to infer the columns.
      results: { format: 'csv', infer_rows: 1 },
      phases: [{ name: PHASE, topology: 'search' }],
    }))
