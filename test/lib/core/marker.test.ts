import t from 'tap'
import { controlOf, makeMarker, Marker } from '../../../lib/core/marker.ts'

const receipt = { path: '/x', offsetBytes: 5, rows: 1 }

t.test('settles once', async (t) => {
  const marker = new Marker('durable')
  const { settle, fail, lose } = controlOf(marker)
  settle(receipt)
  fail(new Error('too late'))
  lose()
  t.strictSame(await marker.receipt, receipt)
})

t.test('fails without an unhandled rejection when its receipt is not awaited', async (t) => {
  const failed = new Marker('written')
  controlOf(failed).fail(new Error('no'))
  const lost = new Marker('written')
  controlOf(lost).lose()
  await new Promise(setImmediate)
  await t.rejects(failed.receipt, { message: 'no' })
  await t.rejects(lost.receipt, { code: 'ERR_SPILLWAY_MARKER_LOST' })
})

t.test('shows users its level and its receipt only', async (t) => {
  const members = Object.getOwnPropertyNames(Marker.prototype).filter((name) => name !== 'constructor')
  t.strictSame([...Object.keys(new Marker('written')), ...members].sort(), ['level', 'receipt'])
})

t.test('is for all phases, unless its maker names one, who sees where it passes', async (t) => {
  t.match(controlOf(new Marker('written')), { phase: undefined })
  const passed: unknown[] = []
  const marker = makeMarker('durable', { phase: 'a', onPass: (...at) => passed.push(at) })
  t.match(controlOf(marker), { phase: 'a' })
  const openRows = { path: 'open', bytes: 7, rows: 1 }
  controlOf(marker).pass(receipt, openRows)
  t.strictSame(passed, [[receipt, openRows]])
})
