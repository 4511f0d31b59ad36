import t from 'tap'
import { RepeatedObjects } from '../../sinks/repeated-objects.ts'

t.test('counts objects that are the first or the last one that waits', async (t) => {
  const repeats = new RepeatedObjects()
  const [a, b] = [{ n: 1 }, { n: 1 }]
  t.equal(repeats.add([a, b, a, a]), 2, 'equal objects are not the same one')
  t.equal(repeats.add([a, b, b]), 2, 'records that were added before still wait')
  repeats.clear()
  t.equal(repeats.add([b, a]), 0, 'nothing waits after clear()')
})

t.test('counts no values that are not records', async (t) => {
  const repeats = new RepeatedObjects()
  t.equal(repeats.add([null, null, 5, 5, undefined, undefined] as never[]), 0)
})
