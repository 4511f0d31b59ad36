/** Five hundred rounds of the race in `test/lib/run/lock.test.ts`. */
import t from 'tap'
import { expectOneOwner } from '../helpers/lock-race.ts'

void t.test('of many who find an owner gone one takes its place, however they meet', async (t) => {
  await expectOneOwner(t, 500)
})
