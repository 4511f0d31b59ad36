import t from 'tap'
import { hasColumns, inputFormatOf, outputKindOf } from '../../../lib/reading/input-formats.ts'

t.test('tells the format of input by its name', async (t) => {
  const names = [
    'a.jsonl',
    'a.NDJSON',
    'b.json.gz',
    'dir.csv/c.csv.GZ',
    'd.tsv',
    'e.parquet',
    'f.parquet.gz',
    'g',
    'csv',
  ]
  t.strictSame(names.map(inputFormatOf), [
    'jsonl',
    'jsonl',
    'json',
    'csv',
    'tsv',
    'parquet',
    undefined,
    undefined,
    undefined,
  ])
})

t.test('tells the format of output by its name, and tabs', async (t) => {
  t.strictSame(['a.jsonl.gz', 'a.csv', 'a.tsv', 'a.parquet', 'a.json', 'a'].map(outputKindOf), [
    { format: 'jsonl' },
    { format: 'csv' },
    { format: 'csv', delimiter: '\t' },
    { format: 'parquet' },
    undefined,
    undefined,
  ])
})

t.test('knows the formats that have columns', async (t) => {
  t.strictSame((['jsonl', 'json', 'csv', 'tsv', 'parquet'] as const).map(hasColumns), [false, false, true, true, true])
})
