import t from 'tap'
import { grownCapacity } from '../../../../sinks/parquet/encoding/capacity.ts'

t.test('doubles, or grows to the needed size', async (t) => {
  t.equal(grownCapacity(0, 1), 64)
  t.equal(grownCapacity(64, 65), 128)
  t.equal(grownCapacity(64, 1000), 1000)
})

t.test('grows by a quarter when it is large', async (t) => {
  t.equal(grownCapacity(2 ** 20, 2 ** 20 + 1), 1.25 * 2 ** 20)
})

t.test('stays within 32 bits', async (t) => {
  t.equal(grownCapacity(2 ** 32 - 2, 2 ** 32 - 1), 2 ** 32 - 1)
  t.equal(grownCapacity(2 ** 31, 2 ** 32 - 1), 2 ** 32 - 1)
  t.throws(() => grownCapacity(2 ** 31, 2 ** 32), RangeError)
})
