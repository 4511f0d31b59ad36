import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { positionsFrom, signalsOf } from '../../../examples/sp500/signals.ts'

t.test('there is a signal for the first day, and one for each change', async (t) => {
  t.strictSame(signalsOf(Uint8Array.of(0, 0, 1, 1, 0)), [
    { day: 0, position: 0 },
    { day: 2, position: 1 },
    { day: 4, position: 0 },
  ])
  t.strictSame(signalsOf(Uint8Array.of(1)), [{ day: 0, position: 1 }])
  t.strictSame(signalsOf(Uint8Array.of()), [])
})

t.test('a rule that never trades has one signal', async (t) => {
  t.strictSame(signalsOf(new Uint8Array(100)), [{ day: 0, position: 0 }])
})

t.test('before the first signal there is no position, and the last position is kept', async (t) => {
  t.strictSame(Array.from(positionsFrom([{ day: 2, position: 1 }], 4)), [0, 0, 1, 1])
  t.strictSame(Array.from(positionsFrom([], 2)), [0, 0])
})

t.test('positions are restored from their signals', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ max: 1 }), (positions) => {
      assert.deepEqual(positionsFrom(signalsOf(positions), positions.length), positions)
    }),
  )
})

t.test('the signals up to a day determine the positions up to that day', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ max: 1 }), fc.nat(), (positions, cut) => {
      const day = cut % (positions.length + 1)
      const known = signalsOf(positions).filter((signal) => signal.day < day)
      assert.deepEqual(positionsFrom(known, day), positions.slice(0, day))
    }),
  )
})
