import t from 'tap'
import { sinkFailures } from '../helpers/sink-failures.ts'
import { variantsOf } from '../helpers/sink-formats.ts'

for (const format of variantsOf('parquet')) {
  t.test(format.name, async (t) => {
    sinkFailures(t, format)
  })
}
