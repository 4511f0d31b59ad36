import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Drained, makeDeferred } from '../../../lib/core/deferred.ts'

t.test('settles once, by its own functions', async (t) => {
  const { promise, resolve, reject } = makeDeferred<number>()
  resolve(1)
  resolve(2)
  reject(new Error('too late'))
  t.equal(await promise, 1)
})

t.test('a rejection counts as handled before anything awaits it, and a later await sees it', async (t) => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  t.teardown(() => process.off('unhandledRejection', listener))
  const failure = new Error('lost')
  const { promise, reject } = makeDeferred<void>()
  reject(failure)
  await setImmediate()
  await setImmediate()
  t.strictSame(unhandled, [])
  await t.rejects(promise, failure)
})

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
