import { mock } from 'node:test'
import t from 'tap'
import { EventLoopTurns } from '../../../lib/execution/event-loop-turns.ts'

t.test('a turn is due after more than 20 ms of work, and not again until 20 ms after it was taken', async (t) => {
  let nowMs = 1000
  const now = mock.method(performance, 'now', () => nowMs)
  t.teardown(() => now.mock.restore())
  const turns = new EventLoopTurns()
  t.notOk(turns.due)
  nowMs += 20
  t.notOk(turns.due)
  nowMs += 1
  t.ok(turns.due)
  t.ok(turns.due, 'it stays due until it is taken')
  await turns.take()
  t.notOk(turns.due)
  nowMs += 21
  t.ok(turns.due)
})

t.test('what waits for the event loop comes before the work continues', async (t) => {
  const order: string[] = []
  setImmediate(() => order.push('event loop'))
  await Promise.resolve()
  order.push('microtask')
  await new EventLoopTurns().take()
  order.push('work')
  t.strictSame(order, ['microtask', 'event loop', 'work'])
})
