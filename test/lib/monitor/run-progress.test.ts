import t from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
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
    ({ phase, status, containers, records }) => changes.push(`${phase} ${status} ${containers} ${records}`),
  )
  t.strictSame(
    progress.phases.map(({ status }) => status),
    ['waiting', 'waiting', 'waiting'],
  )
  await coordinator.executeWorkflow({ id: 'run', phases }).catch(() => {})
  t.equal(progress.workflowId, 'run')
  t.strictSame(changes, ['a running 0 0', 'a completed 2 4', 'b running 0 0', 'b failed 0 0', 'c skipped 0 0'])
  t.match(progress.phases, [
    { phase: 'a', status: 'completed', containers: 2, records: 4, error: null },
    { phase: 'b', status: 'failed', error: { message: /failed at record 1: no/ } },
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
