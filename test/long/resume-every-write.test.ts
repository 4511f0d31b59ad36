/** A small run that is killed before, in the middle of and after every file operation, and resumed. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Coordinator } from '../../lib/coordinator.ts'
import type { SpillwayError } from '../../lib/core/errors.ts'
import { readRunState } from '../../lib/journal/reader.ts'
import { killAtEveryWrite } from '../../lib/testing/index.ts'
import type { Topology } from '../../lib/workflow/topology.ts'
import { verifyRun } from '../../lib/recovery/verify.ts'
import type { AggregatedResults } from '../../lib/streaming/aggregated-results.ts'
import { textsIn } from '../helpers/checked-file.ts'
import { COMMIT_UNITS, type CommitUnit } from '../../lib/workflow/types.ts'

const search: Topology<number> = {
  containers: () => [0, 1, 2].map((index) => ({ id: `c${index}`, config: index })),
  async *run({ config }) {
    for (let n = 0; n < 6; n++) {
      // Yields to pending disk operations, so that there is a commit after every few records.
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      yield { n, ...(n === 4 && { refused: () => n }), result: { metrics: { sharpe_ratio: config + n / 10 } } }
    }
  },
}

const workflowOf = (commit: CommitUnit) => ({
  id: 'run',
  commit,
  checkpoint_records: 2,
  results: { buffer_size: 2 },
  phases: [{ name: 'only', topology: 'search' }],
})

const own = JSON.stringify(import.meta.url)
const library = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)
const kit = JSON.stringify(new URL('../../lib/testing/index.ts', import.meta.url).href)

export { search, workflowOf }

function contentOf(run: string) {
  const folder = join(run, 'results/only')
  const lines = readdirSync(folder).flatMap((part) =>
    readFileSync(join(folder, part), 'utf8').split('\n').filter(Boolean),
  )
  const { phases, topPerformers } = JSON.parse(readFileSync(join(run, 'aggregates.json'), 'utf8')) as AggregatedResults
  const rejections = textsIn(join(run, 'dead-letter.jsonl')).sort()
  return { lines: lines.sort(), phases, topPerformers, rejections }
}

async function isStarted(run: string): Promise<boolean> {
  try {
    return (await readRunState(run)).workflow !== undefined
  } catch (error) {
    if ((error as SpillwayError).code === 'ERR_SPILLWAY_JOURNAL') return false
    throw error
  }
}

if (process.argv[2] !== 'work') {
  for (const commit of COMMIT_UNITS) {
    void t.test(`with commit: ${commit}`, async (t) => {
      const directory = t.testdir()
      const script = join(directory, 'work.mts')
      writeFileSync(
        script,
        `process.argv[2] = 'work'
        const { search, workflowOf } = await import(${own})
        const { Coordinator } = await import(${library})
        const { killingTarget } = await import(${kit})
        const coordinator = new Coordinator({ outputDir: ${JSON.stringify(directory)}, topologies: { search }, openTarget: killingTarget() })
        await coordinator.executeWorkflow(workflowOf(${JSON.stringify(commit)}))`,
      )
      const uninterrupted = new Coordinator({ outputDir: join(directory, 'uninterrupted'), topologies: { search } })
      const expected = contentOf((await uninterrupted.executeWorkflow(workflowOf(commit))).directory)
      const run = join(directory, 'run')
      const coordinator = new Coordinator({ outputDir: directory, topologies: { search } })
      const kills = await killAtEveryWrite(script, {
        execArgv: ['--import', import.meta.resolve('tsx')],
        env: { ...process.env, NODE_OPTIONS: '' },
        async afterKill({ n, moment, operation }) {
          // A run that was killed before its workflow was in the journal cannot be resumed.
          if (existsSync(join(run, 'journal/00000001.jsonl')) && (await isStarted(run))) {
            const { counts } = await coordinator.resumeWorkflow(run)
            t.match(counts, { written: 15, rejected: 3, inFlight: 0 })
            t.strictSame(contentOf(run), expected, `${moment} operation ${n}, ${operation}`)
            t.strictSame((await verifyRun(run)).problems, [])
          }
          rmSync(run, { recursive: true, force: true })
        },
      })
      t.ok(kills.length > 60, `${kills.length} kills`)
    })
  }
}
