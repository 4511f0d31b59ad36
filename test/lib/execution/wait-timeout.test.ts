import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { WaitTimeout } from '../../../lib/execution/wait-timeout.ts'
import { openResources } from '../../helpers/leaks.ts'

/** A wait of at most 50 ms under a clock of the test. Timers that `node:test` mocks cannot be refreshed. */
function timeoutOf(t: Test): { timeout: WaitTimeout; reason: Error; pass: (ms: number) => void } {
  let nowMs = 0
  let dueMs = Infinity
  let fire = () => {}
  const method = mock.method(globalThis, 'setTimeout', ((callback: () => void, ms: number) => {
    const timer = {
      refresh() {
        dueMs = nowMs + ms
        return timer
      },
    }
    fire = callback
    return timer.refresh()
  }) as unknown as typeof setTimeout)
  t.teardown(() => method.mock.restore())
  const reason = new Error('too long')
  const timeout = new WaitTimeout(50, () => reason)
  const pass = (ms: number) => {
    nowMs += ms
    if (nowMs < dueMs) return
    dueMs = Infinity
    fire()
  }
  return { timeout, reason, pass }
}

t.test('aborts with its reason when a wait takes too long', async (t) => {
  const { timeout, reason, pass } = timeoutOf(t)
  timeout.begin()
  pass(49)
  t.notOk(timeout.signal.aborted)
  pass(1)
  t.equal(timeout.signal.reason, reason)
})

t.test('counts each wait from its own beginning', async (t) => {
  const { timeout, pass } = timeoutOf(t)
  for (let wait = 0; wait < 5; wait++) {
    timeout.begin()
    pass(40)
    timeout.end()
    pass(5)
  }
  t.notOk(timeout.signal.aborted)
  timeout.begin()
  pass(50)
  t.ok(timeout.signal.aborted)
})

t.test('does not abort between waits, however long that takes', async (t) => {
  const { timeout, pass } = timeoutOf(t)
  pass(1000)
  timeout.begin()
  timeout.end()
  pass(1000)
  t.notOk(timeout.signal.aborted)
  timeout.begin()
  pass(50)
  t.ok(timeout.signal.aborted, 'the next wait is limited again')
})

t.test('leaves no timer behind', async (t) => {
  const before = openResources().timers
  const timeout = new WaitTimeout(1000, () => new Error('too long'))
  timeout.begin()
  t.equal(openResources().timers, before + 1)
  timeout[Symbol.dispose]()
  t.equal(openResources().timers, before)
  t.notOk(timeout.signal.aborted)
})
