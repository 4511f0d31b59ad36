import t from 'tap'
import { onEmptyEventLoop } from '../../../lib/core/empty-event-loop.ts'

t.test('calls back while it is not disposed of, with one listener on the process for all', (t) => {
  const before = process.listenerCount('beforeExit')
  const calls: string[] = []
  const one = onEmptyEventLoop(() => calls.push('one'))
  const other = onEmptyEventLoop(() => calls.push('other'))
  t.equal(process.listenerCount('beforeExit'), before + 1)
  const listener = process.listeners('beforeExit').at(-1) as () => void
  listener()
  t.strictSame(calls, ['one', 'other'])
  one[Symbol.dispose]()
  listener()
  t.strictSame(calls, ['one', 'other', 'other'])
  other[Symbol.dispose]()
  t.equal(process.listenerCount('beforeExit'), before)
  t.end()
})
