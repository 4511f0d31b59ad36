import { join } from 'node:path'
import t from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { phaseLine } from '../../../lib/cli/run/run-report.ts'
import { makeDeferred } from '../../../lib/core/deferred.ts'
import { RunProgress } from '../../../lib/monitor/run-progress.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'

const search: Topology = {
  containers: () => [{ id: 'x' }, { id: 'y' }],
  run: () => [{ n: 1 }, { n: 2 }],
}
const broken: Topology = {
  containers: () => [{ id: 'x' }],
  run: () => {
    throw new Error('no')
  },
}

t.test('follows each phase from waiting to its end', async (t) => {
  const coordinator = new Coordinator({ outputDir: t.testdir(), topologies: { search, broken } })
  const changes: string[] = []
  const phases = [
    { name: 'a', topology: 'search' },
    { name: 'b', topology: 'broken', depends_on: ['a'] },
    { name: 'c', topology: 'search', depends_on: ['b'] },
  ]
  using progress = new RunProgress(
    phases.map(({ name }) => name),
    ({ phase, status, containers, newRecords }) => changes.push(`${phase} ${status} ${containers} ${newRecords}`),
  )
  t.strictSame(
    progress.phases.map(({ status }) => status),
    ['waiting', 'waiting', 'waiting'],
  )
  await coordinator.executeWorkflow({ id: 'run', phases }).catch(() => {})
  t.equal(progress.workflowId, 'run')
  t.strictSame(changes, ['a running 0 0', 'a completed 2 4', 'b running 0 0', 'b failed 0 0', 'c skipped 0 0'])
  t.match(progress.phases, [
    { phase: 'a', status: 'completed', containers: 2, running: 0, failed: 0, newRecords: 4, error: null },
    { phase: 'b', status: 'failed', running: 0, failed: 1, error: { message: /failed at record 1: no/ } },
    { phase: 'c', status: 'skipped', elapsedMs: 0 },
  ])
})

t.test('follows only the first run that starts, and nothing after it is disposed of', async (t) => {
  const coordinator = new Coordinator({ outputDir: t.testdir(), topologies: { search } })
  const run = (id: string) => coordinator.executeWorkflow({ id, phases: [{ name: 'a', topology: 'search' }] })
  const changes: string[] = []
  {
    using progress = new RunProgress(['a'], ({ status }) => changes.push(status))
    await run('first')
    await run('second')
    t.equal(progress.workflowId, 'first')
  }
  await run('third')
  t.strictSame(changes, ['running', 'completed'])
})

t.test('counts the containers that are done, running and failed, also after a resume', async (t) => {
  const outputDir = t.testdir()
  const isBroken = { now: true }
  const both = makeDeferred<void>()
  let waiting = 0
  const topology: Topology = {
    containers: () => [{ id: 'x' }, { id: 'y' }, { id: 'z' }],
    async *run({ id }) {
      yield { n: 1 }
      if (id === 'x') return
      if (++waiting === 2) both.resolve()
      await both.promise
      if (id === 'y' && isBroken.now) throw new Error('no')
      if (isBroken.now) await new Promise(() => {})
      yield { n: 2 }
    },
  }
  const coordinator = new Coordinator({ outputDir, topologies: { topology } })
  {
    using progress = new RunProgress(['a'])
    const phases = [{ name: 'a', topology: 'topology' }]
    const run = coordinator.executeWorkflow({ id: 'run', concurrency: 2, phases })
    run.catch(() => {})
    await both.promise
    t.match(progress.phases, [{ containers: 1, running: 2, failed: 0, newRecords: 1, earlierRecords: 0 }])
    await t.rejects(run)
    t.match(progress.phases.map(phaseLine), [/^a: failed, 1 container, 1 failed, 3 records, /])
    t.match(progress.phases, [{ status: 'failed', containers: 1, running: 0, failed: 1, newRecords: 3 }])
  }
  isBroken.now = false
  using progress = new RunProgress(['a'])
  const changes: number[][] = []
  using _changes = new RunProgress(['a'], ({ containers, newRecords, earlierRecords }) => {
    changes.push([containers, newRecords, earlierRecords])
  })
  const { phases } = await coordinator.resumeWorkflow(join(outputDir, 'run'))
  t.strictSame(changes, [
    [1, 0, 3],
    [3, 2, 3],
  ])
  t.match(progress.phases, [{ containers: 3, running: 0, failed: 0, newRecords: 2, earlierRecords: 3 }])
  t.match(phases['a'], { records: 5, newRecords: 2 })
  t.match(progress.phases.map(phaseLine), [/^a: completed, 3 containers, 5 records in all, 2 this time, /])
})
