import t from 'tap'
import { settleCallback } from '../../../lib/core/settle-callback.ts'

/** What the callback was called with, each time. */
function recorder(): { calls: unknown[][]; callback: (error?: Error | null) => void } {
  const calls: unknown[][] = []
  return { calls, callback: (...args) => calls.push(args) }
}

t.test('calls back at once when there is nothing to wait for', async (t) => {
  const { calls, callback } = recorder()
  settleCallback(undefined, callback)
  t.strictSame(calls, [[]])
})

t.test('calls back without an argument when the work is done', async (t) => {
  const { calls, callback } = recorder()
  const work = Promise.resolve()
  settleCallback(work, callback)
  t.strictSame(calls, [])
  await work
  t.strictSame(calls, [[]])
})

t.test('calls back with the error of the work, once', async (t) => {
  const { calls, callback } = recorder()
  const failure = new Error('disk full')
  const work = Promise.reject(failure)
  settleCallback(work, callback)
  await t.rejects(work, failure)
  t.strictSame(calls, [[failure]])
})

t.test('an error of the callback is not taken for one of the work', async (t) => {
  const unhandled = new Promise((resolve) => process.once('unhandledRejection', resolve))
  let calls = 0
  settleCallback(Promise.resolve(), () => {
    calls += 1
    throw new Error('of the callback')
  })
  t.match(await unhandled, { message: 'of the callback' })
  t.equal(calls, 1)
})
