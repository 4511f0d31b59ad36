/** Two thousand mutations, where `test/sinks/readers/damaged-parquet.test.ts` has three hundred. */
import t from 'tap'
import { expectDamageSeen } from '../helpers/parquet-mutations.ts'

void t.test('no damage passes unseen', (t) => expectDamageSeen(t, 2000))
