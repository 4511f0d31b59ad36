import t from 'tap'
import { sinkConformance } from '../helpers/sink-conformance.ts'
import { variantsOf } from '../helpers/sink-formats.ts'

for (const format of variantsOf('csv')) {
  t.test(format.name, async (t) => {
    sinkConformance(t, format)
  })
}
