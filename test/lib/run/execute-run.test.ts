/** Whatever a run throws, its journal, its lock and its streamer are released, and it can be resumed. */
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import type { ResultStreamer } from '../../../lib/result-streamer.ts'
import { WorkflowError } from '../../../lib/run/result.ts'
import { PhaseRouter } from '../../../lib/streaming/router.ts'
import { zstdCompress } from '../../../sinks/parquet/compression/zstd.ts'

const workflow = { id: 'run', phases: [{ name: 'only', topology: 'search' }] }

/** A coordinator whose containers call `onRun` with the streamer of the run. */
function coordinatorIn(outputDir: string, onRun: (streamer: ResultStreamer) => void = () => {}): Coordinator {
  const coordinator: Coordinator = new Coordinator({
    outputDir,
    topologies: {
      search: {
        containers: () => [{ id: 'c' }],
        *run() {
          for (const streamer of coordinator.resultStreamers.values()) onRun(streamer)
          yield { n: 1 }
        },
      },
    },
  })
  return coordinator
}

/** The open files in a directory. Only Linux reports them. */
function openFilesIn(directory: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(join('/proc/self/fd', fd))
      return path.startsWith(directory) ? [path] : []
    } catch {
      return []
    }
  })
}

async function expectReleased(t: Test, coordinator: Coordinator, outputDir: string): Promise<void> {
  t.strictSame(openFilesIn(outputDir), [])
  t.equal(coordinator.resultStreamers.size, 0)
  t.notOk(readdirSync(join(outputDir, 'run')).includes('run.lock'))
  const { counts } = await coordinatorIn(outputDir).resumeWorkflow(join(outputDir, 'run'))
  t.match(counts, { written: 1 })
}

t.test('figures that cannot be made fail the run, and everything is released', async (t) => {
  const outputDir = t.testdir()
  const coordinator = coordinatorIn(outputDir, (streamer) => {
    streamer.getAggregatedResults = () => Promise.reject(new Error('no figures'))
  })
  const failure = await coordinator.executeWorkflow(workflow).catch((error: unknown) => error)
  t.ok(failure instanceof WorkflowError)
  t.match(failure, { message: 'no figures', result: { status: 'failed', aggregatedResults: null, counts: null } })
  await expectReleased(t, coordinator, outputDir)
})

t.test('a run that cannot be made releases everything', async (t) => {
  const outputDir = t.testdir()
  const coordinator = coordinatorIn(outputDir)
  const failing = mock.method(PhaseRouter.prototype, 'joinRun', () => {
    throw new Error('no streamer')
  })
  await t.rejects(coordinator.executeWorkflow(workflow), { message: 'no streamer' })
  failing.mock.restore()
  await expectReleased(t, coordinator, outputDir)
})

const noZstd = zstdCompress === undefined ? {} : { skip: 'Node.js has Zstandard' }

t.test('settings that contradict each other are refused before anything is created', noZstd, async (t) => {
  const outputDir = t.testdir()
  const coordinator = coordinatorIn(outputDir)
  const results = { format: 'parquet', compression: 'zstd' } as const
  await t.rejects(coordinator.executeWorkflow({ ...workflow, results }), {
    code: 'ERR_SPILLWAY_WORKFLOW',
    message: /^results: Expected another `compression`.*zstd needs Node\.js 22\.15/,
    place: { field: 'results' },
  })
  t.strictSame(readdirSync(outputDir), [])
  t.equal((await coordinator.executeWorkflow(workflow)).status, 'completed', 'the id is free')
})
