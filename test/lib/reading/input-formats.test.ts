import t from 'tap'
import { hasColumns, inputFormatOf, outputKindOf } from '../../../lib/reading/input-formats.ts'

t.test('derives the input format from the file name', async (t) => {
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

t.test('derives the output format from the file name, with tabs for .tsv', async (t) => {
  t.strictSame(['a.jsonl.gz', 'a.csv', 'a.tsv', 'a.parquet', 'a.json', 'a'].map(outputKindOf), [
    { format: 'jsonl' },
    { format: 'csv' },
    { format: 'csv', delimiter: '\t' },
    { format: 'parquet' },
    undefined,
    undefined,
  ])
})

t.test('CSV, TSV and Parquet have columns', async (t) => {
  t.strictSame((['jsonl', 'json', 'csv', 'tsv', 'parquet'] as const).map(hasColumns), [false, false, true, true, true])
})
