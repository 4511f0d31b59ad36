import fc from 'fast-check'
import t from 'tap'
import { ContainerIds } from '../../../lib/execution/container-ids.ts'

t.test('knows the ids it has seen, and no others', async () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 3 })), (ids) => {
      const seen = new Set<string>()
      const known = new ContainerIds()
      return ids.every((id) => {
        const isNew = !seen.has(id)
        seen.add(id)
        return known.add(id) === isNew
      })
    }),
  )
})

t.test('tells a hundred thousand similar ids apart', async (t) => {
  const ids = new ContainerIds()
  let taken = 0
  for (let i = 0; i < 100_000; i++) if (!ids.add(`fast=${i % 317},slow=${Math.floor(i / 317)}`)) taken++
  t.equal(taken, 0)
  t.notOk(ids.add('fast=3,slow=7'))
})
