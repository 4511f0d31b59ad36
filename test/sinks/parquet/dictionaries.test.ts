import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Cell } from '../../../sinks/columns/column.ts'
import type { ColumnType } from '../../../sinks/columns/column-type.ts'
import { ParquetFileEncoder } from '../../../sinks/parquet/parquet-file-encoder.ts'
import { appendRow, encodeTable } from './arbitraries.ts'
import { objectsByDuckDb, openDuckDb, rowsByDuckDb, rowsByHyparquet, showRows } from './readers.ts'

const connection = await openDuckDb()
t.teardown(() => connection.closeSync())

/** Writes one column, expects that two readers return it, and returns the encodings of its chunk. */
async function expectRoundTrip(t: Test, type: ColumnType, cells: readonly Cell[]): Promise<string> {
  const rows = cells.map((cell) => [cell])
  const file = await encodeTable({ columns: [{ name: 'c', type }], rowGroups: [rows], compression: 'snappy' })
  const path = join(t.testdir(), 'a.parquet')
  writeFileSync(path, file)
  const expected = showRows(rows)
  t.ok(JSON.stringify(await rowsByHyparquet(file)) === JSON.stringify(expected), 'hyparquet')
  t.ok(JSON.stringify(await rowsByDuckDb(connection, `FROM '${path}'`)) === JSON.stringify(expected), 'DuckDB')
  const [chunk] = await objectsByDuckDb(connection, `FROM parquet_metadata('${path}')`)
  const bounded = cells.filter((cell) => cell !== null)
  if (type === 'utf8') {
    const sorted = (bounded as string[]).toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    t.strictSame([chunk?.stats_min_value, chunk?.stats_max_value], [sorted[0], sorted.at(-1)], 'bounds')
  }
  return String(chunk?.encodings)
}

function cellsOf(count: number, cellOf: (index: number) => Cell): Cell[] {
  return Array.from({ length: count }, (_, index) => cellOf(index))
}

t.test('strings and numbers that repeat are in a dictionary', async (t) => {
  const dictionary = 'PLAIN, RLE, RLE_DICTIONARY'
  t.equal(
    await expectRoundTrip(
      t,
      'utf8',
      cellsOf(50_000, (n) => (n % 3 === 0 ? null : `é${n % 700}`)),
    ),
    dictionary,
  )
  t.equal(
    await expectRoundTrip(
      t,
      'double',
      cellsOf(50_000, (n) => (n % 300) / 7),
    ),
    dictionary,
  )
  t.equal(
    await expectRoundTrip(
      t,
      'int64',
      cellsOf(50_000, (n) => BigInt(n % 300) << 40n),
    ),
    dictionary,
  )
  t.equal(
    await expectRoundTrip(
      t,
      'date',
      cellsOf(50_000, (n) => new Date((n % 300) * 86_400_000)),
    ),
    dictionary,
  )
})

t.test('numbers that do not repeat are plain', async (t) => {
  t.equal(await expectRoundTrip(t, 'double', cellsOf(50_000, Math.sqrt)), 'PLAIN, RLE')
})

t.test('plain values follow a dictionary when strings stop repeating, with nulls in both', async (t) => {
  await expectRoundTrip(
    t,
    'utf8',
    cellsOf(60_000, (n) => (n % 11 === 0 ? null : n < 5_000 ? `a${n % 50}` : `text ${n}`)),
  )
  await expectRoundTrip(
    t,
    'utf8',
    cellsOf(60_000, (n) => `text ${n < 9_000 ? n : n % 20}`),
  )
  await expectRoundTrip(
    t,
    'utf8',
    cellsOf(9_000, (n) => `${n}`),
  )
})

t.test('a page of nulls is valid next to pages with indices', async (t) => {
  await expectRoundTrip(
    t,
    'utf8',
    cellsOf(70_000, (n) => (n >= 20_000 && n < 60_000 ? null : `a${n % 50}`)),
  )
  await expectRoundTrip(
    t,
    'double',
    cellsOf(70_000, (n) => (n >= 20_000 && n < 60_000 ? null : n % 50)),
  )
})

t.test('memory grows only with each value, also when plain values follow the dictionary', async (t) => {
  const encoder = new ParquetFileEncoder([{ name: 'c', type: 'utf8' }], { compression: 'none' })
  const { rowGroup } = encoder
  for (let n = 0; n < 50_000; n++) appendRow(encoder, [`${n % 1000} ${'x'.repeat(1000)}`])
  const before = rowGroup.bytes
  t.ok(before < 1_300_000, `${before} bytes`)
  appendRow(encoder, ['y'.repeat(100_000)])
  t.equal(rowGroup.bytes - before, 100_004)
})

t.test('a dropped row leaves no value, in the dictionary or after it', async (t) => {
  const columns = [
    { name: 'a', type: 'utf8' as const },
    { name: 'b', type: 'int64' as const },
  ]
  const encoder = new ParquetFileEncoder(columns, { compression: 'none' })
  for (let n = 0; n < 10_000; n++) {
    appendRow(encoder, [`kept ${n}`, 1n])
    const { bytes } = encoder.rowGroup
    // Around the change from the dictionary to plain values.
    if (n % 500 !== 0 && Math.abs(n - 8192) > 3) continue
    t.throws(() => appendRow(encoder, [`dropped ${n}`, 'no integer']), TypeError)
    t.equal(encoder.rowGroup.bytes, bytes, `after row ${n}`)
  }
  t.equal(encoder.rowGroup.rows, 10_000)
})
