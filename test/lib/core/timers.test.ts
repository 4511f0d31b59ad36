import { once } from 'node:events'
import t from 'tap'
import { MAX_TIMER_MS } from '../../../lib/core/timers.ts'

t.test('a timer can wait that long, and not a millisecond longer', async (t) => {
  const warned = once(process, 'warning')
  const timers = [setTimeout(() => {}, MAX_TIMER_MS), setTimeout(() => {}, MAX_TIMER_MS + 1)]
  for (const timer of timers) clearTimeout(timer)
  // There would be two of them, and the first tells the delay.
  t.match(await warned, [{ name: 'TimeoutOverflowWarning', message: new RegExp(`^${MAX_TIMER_MS + 1} `) }])
})
