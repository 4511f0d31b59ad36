import t from 'tap'
import { resolveWorkflow } from '../../../lib/workflow/resolve.ts'

const phase = { name: 'a', topology: 't' }

t.test('a resolved workflow is a valid input, and the result is equal to it', async (t) => {
  const once = resolveWorkflow({ name: 'x', phases: [phase] })
  t.strictSame(resolveWorkflow(once), once)
  t.strictSame(resolveWorkflow({ workflow: once }), once)
})

t.test('problems of an object are reported with the paths of their keys', async (t) => {
  const refused = (input: unknown, message: string) =>
    t.throws(() => resolveWorkflow(input), { code: 'ERR_SPILLWAY_WORKFLOW', message })
  refused({ workflow: { phases: [phase], nam: 'x' } }, 'workflow.nam: unknown key. Did you mean `name`?')
  refused({ phases: [phase, null] }, 'phases[1]: expected an object with the keys name, topology')
  refused(
    { phases: [{ ...phase, config: { a: { 'b.c': () => 1 } } }] },
    'phases[0].config.a."b.c": expected plain data, got a function',
  )
  refused(
    { phases: [{ ...phase, config: { at: new Date() } }] },
    'phases[0].config.at: expected plain data, got an object (Date)',
  )
  refused(
    'workflow.yaml',
    "expected an object with the keys name, id, results, objective, concurrency, container_timeout_ms, commit, checkpoint_records, checkpoint_ms, phases, got 'workflow.yaml' (string)",
  )
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  refused({ phases: [{ ...phase, config: circle }] }, 'phases[0].config.self: it contains itself')
})
