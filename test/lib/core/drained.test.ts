import t from 'tap'
import { Drained } from '../../../lib/core/drained.ts'

t.test('all that wait are released together, and the next wait is a new one', async (t) => {
  const drained = new Drained()
  const first = drained.wait()
  t.equal(drained.wait(), first)
  drained.resolve()
  await first
  t.not(drained.wait(), first)
})

t.test('a failure rejects those that wait, and is not unhandled when none does', async (t) => {
  const drained = new Drained()
  drained.reject(new Error('nobody waits'))
  const wait = drained.wait()
  drained.reject(new Error('it broke'))
  await t.rejects(wait, { message: 'it broke' })
  void drained.wait()
  drained.reject(new Error('not looked at'))
})
