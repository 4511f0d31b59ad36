import t from 'tap'
import { NumberedNames } from '../../../sinks/files/numbered-names.ts'

const names = new NumberedNames('part-', 5)

t.test('makes names in the order of their numbers', async (t) => {
  t.equal(names.make(0, 'csv'), 'part-00000.csv')
  t.equal(names.make(123_456, 'jsonl.gz'), 'part-123456.jsonl.gz')
  t.equal(new NumberedNames('', 8).make(42, 'jsonl'), '00000042.jsonl')
})

t.test('finds the number in a name that it has made', async (t) => {
  t.strictSame(
    [0, 7, 99_999, 123_456].map((number) => names.parse(names.make(number, 'jsonl.gz'))),
    [0, 7, 99_999, 123_456],
  )
  t.equal(names.parse('part-00007.csv', 'csv'), 7)
})

t.test('finds none in other names', async (t) => {
  const others = ['part-0007.csv', 'part-00007', 'part-00007.', 'xpart-00007.csv', '00007.csv', 'part-0000x.csv', '']
  t.strictSame(
    others.map((name) => names.parse(name)),
    others.map(() => undefined),
  )
  t.equal(names.parse('part-00007.csv.draft', 'csv'), undefined)
  t.equal(names.parse('part-00007.csv', 'jsonl'), undefined)
})
