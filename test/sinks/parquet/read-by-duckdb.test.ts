import assert from 'node:assert/strict'
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Cell, Column } from '../../../sinks/columns/column.ts'
import { COLUMN_TYPES, type NamedType } from '../../../sinks/columns/column-type.ts'
import { codecOf } from '../../../sinks/parquet/compression/compression.ts'
import { encodeFooter, MAGIC, rowGroupStruct } from '../../../sinks/parquet/footer.ts'
import { ParquetFileEncoder } from '../../../sinks/parquet/parquet-file-encoder.ts'
import { OpenRowGroup } from '../../../sinks/parquet/row-group.ts'
import { appendRow, encodeTable, endRowGroup, tableArbitrary } from './arbitraries.ts'
import { objectsByDuckDb, openDuckDb, rowsByDuckDb, showRows } from './readers.ts'

const connection = await openDuckDb()
t.teardown(() => connection.closeSync())
const directory = t.testdir()
let files = 0

/** Writes the bytes to a file with a new name, because DuckDB may cache a file that it has read. */
function fileOf(bytes: Uint8Array): string {
  const path = join(directory, `${files++}.parquet`)
  writeFileSync(path, bytes)
  return path
}

function rowsOf(path: string): Promise<string[][]> {
  return rowsByDuckDb(connection, `SELECT * FROM '${path}'`)
}

t.test('reads the same cells, for any columns, nulls, row groups and codecs', async () => {
  const property = fc.asyncProperty(tableArbitrary, async (table) => {
    const path = fileOf(await encodeTable(table))
    assert.deepEqual(await rowsOf(path), showRows(table.rowGroups.flat()))
    rmSync(path)
  })
  await fc.assert(property, { numRuns: 40 })
})

t.test('reads many values in several pages and row groups', async (t) => {
  const columns: Column[] = [
    { name: 'text', type: 'utf8' },
    { name: 'n', type: 'int64' },
    { name: 'flag', type: 'boolean' },
    { name: 'd', type: 'double' },
  ]
  const row = (index: number): Cell[] => [
    index % 7 === 0 ? null : `text of row ${index} `.repeat(index % 11),
    index % 50_000 < 20_000 ? BigInt(index) : null,
    index % 3 === 0 ? null : index % 5 === 0,
    index / 3,
  ]
  const rowGroups = [0, 50_000].map((from) => Array.from({ length: 50_000 }, (_, index) => row(from + index)))
  const path = fileOf(await encodeTable({ columns, rowGroups, compression: 'none' }))
  const query = `
    WITH expected AS (
      SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE repeat('text of row ' || i || ' ', i % 11) END AS text,
        CASE WHEN i % 50000 < 20000 THEN i END AS n,
        CASE WHEN i % 3 = 0 THEN NULL ELSE i % 5 = 0 END AS flag, i::DOUBLE / 3 AS d
      FROM range(100000) AS r(i)
    ), actual AS (SELECT file_row_number AS i, text, n, flag, d FROM read_parquet('${path}', file_row_number = true))
    SELECT count(*), (SELECT count(*) FROM actual) FROM (FROM expected INTERSECT FROM actual)`
  t.strictSame(await rowsByDuckDb(connection, query), [['100000n', '100000n']])
})

t.test('reads the types of the columns', async (t) => {
  const columns: Column[] = [...COLUMN_TYPES.map((type) => ({ name: type, type })), { name: 'open', type: null }]
  const path = fileOf(await encodeTable({ columns, rowGroups: [[columns.map(() => null)]], compression: 'snappy' }))
  t.strictSame(await rowsByDuckDb(connection, `SELECT column_name, column_type FROM (DESCRIBE FROM '${path}')`), [
    ['"boolean"', '"BOOLEAN"'],
    ['"int8"', '"TINYINT"'],
    ['"int16"', '"SMALLINT"'],
    ['"int32"', '"INTEGER"'],
    ['"int64"', '"BIGINT"'],
    ['"uint8"', '"UTINYINT"'],
    ['"uint16"', '"USMALLINT"'],
    ['"uint32"', '"UINTEGER"'],
    ['"uint64"', '"UBIGINT"'],
    ['"float"', '"FLOAT"'],
    ['"double"', '"DOUBLE"'],
    ['"date"', '"DATE"'],
    ['"timestamp"', '"TIMESTAMP WITH TIME ZONE"'],
    ['"timestamp_micros"', '"TIMESTAMP WITH TIME ZONE"'],
    ['"timestamp_nanos"', '"TIMESTAMP WITH TIME ZONE"'],
    ['"timestamp_local"', '"TIMESTAMP"'],
    ['"timestamp_micros_local"', '"TIMESTAMP"'],
    ['"timestamp_nanos_local"', '"TIMESTAMP_NS"'],
    ['"time_millis"', '"TIME"'],
    ['"time_micros"', '"TIME"'],
    ['"time_nanos"', '"TIME"'],
    ['"time_millis_utc"', '"TIME WITH TIME ZONE"'],
    ['"time_micros_utc"', '"TIME WITH TIME ZONE"'],
    ['"time_nanos_utc"', '"TIME WITH TIME ZONE"'],
    ['"interval"', '"INTERVAL"'],
    ['"uuid"', '"UUID"'],
    ['"utf8"', '"VARCHAR"'],
    ['"bytes"', '"BLOB"'],
    ['"json"', '"JSON"'],
    ['"open"', '"VARCHAR"'],
  ])
  t.strictSame(await rowsOf(path), [columns.map(() => 'null')])
})

t.test('reads a file with columns but without rows', async (t) => {
  const path = fileOf(
    await encodeTable({ columns: [{ name: 'a', type: 'double' }], rowGroups: [], compression: 'none' }),
  )
  t.strictSame(await rowsOf(path), [])
})

t.test('reads 200 columns', async (t) => {
  const columns = Array.from({ length: 200 }, (_, index): Column => ({ name: `a.b.${index}`, type: 'utf8' }))
  const rowGroups = [1, 2, 3].map((group) => [columns.map((_, index) => `${group} ${index}`)])
  const path = fileOf(await encodeTable({ columns, rowGroups, compression: 'snappy' }))
  t.strictSame(await rowsOf(path), showRows(rowGroups.flat()))
})

t.test('reads each prefix that ends at a footer, and columns that get their type later', async (t) => {
  for (const [type, cell] of [
    ['boolean', true],
    ['int64', -3n],
    ['double', NaN],
    ['timestamp', new Date(-5)],
    ['utf8', ''],
    ['json', '[1]'],
    ['bytes', Uint8Array.of(9)],
  ] satisfies [NamedType, Cell][]) {
    const column: Column = { name: 'open', type: null }
    const encoder = new ParquetFileEncoder([{ name: 'n', type: 'int64' }, column], { compression: 'snappy' })
    const parts = [encoder.header()]
    appendRow(encoder, [1n, null])
    parts.push(await endRowGroup(encoder), encoder.footer())
    t.strictSame(await rowsOf(fileOf(Buffer.concat(parts))), [['1n', 'null']])
    column.type = type
    appendRow(encoder, [2n, cell])
    parts.push(await endRowGroup(encoder), encoder.footer(), encoder.footer())
    const expected = showRows([
      [1n, null],
      [2n, cell],
    ])
    t.strictSame(await rowsOf(fileOf(Buffer.concat(parts))), expected, type)
  }
})

t.test('writes the sizes, the null counts and the bounds of each chunk', async (t) => {
  const columns: Column[] = [
    { name: 'd', type: 'double' },
    { name: 's', type: 'utf8' },
  ]
  const rowGroups: Cell[][][] = [
    [
      [0, 'é'],
      [5, null],
      [-0, 'z'],
      [7, ''],
    ],
    [[NaN, 'x'.repeat(65)]],
    [[null, null]],
  ]
  const file = await encodeTable({ columns, rowGroups, compression: 'gzip' })
  const chunks = await objectsByDuckDb(connection, `FROM parquet_metadata('${fileOf(file)}')`)
  t.strictSame(
    chunks.map((chunk) => [
      chunk.path_in_schema,
      chunk.num_values,
      chunk.stats_null_count,
      chunk.stats_min_value,
      chunk.stats_max_value,
    ]),
    [
      ['d', 4n, 0n, '-0.0', '7.0'],
      ['s', 4n, 1n, '', 'é'],
      ['d', 1n, 0n, null, null],
      ['s', 1n, 0n, null, null],
      ['d', 1n, 1n, null, null],
      ['s', 1n, 1n, null, null],
    ],
  )
  t.match(chunks[0], { compression: 'GZIP', encodings: 'PLAIN, RLE' })
  // The chunks fill the file without gaps, from the first magic bytes to the footer.
  const footerBytes = file.readUInt32LE(file.length - 8) + 8
  let offset = 4n
  for (const chunk of chunks) {
    t.equal(chunk.dictionary_page_offset ?? chunk.data_page_offset, offset)
    offset += chunk.total_compressed_size as bigint
  }
  t.equal(offset, BigInt(file.length - footerBytes))
})

t.test('reads a row group at an offset beyond 4 GiB', async (t) => {
  const columns: Column[] = [
    { name: 'n', type: 'int64' },
    { name: 's', type: 'utf8' },
  ]
  const rowGroup = new OpenRowGroup(columns)
  appendRow({ rowGroup }, [1n, 'far'])
  appendRow({ rowGroup }, [null, 'away'])
  const parts: Uint8Array[] = []
  const codec = codecOf('snappy')
  const encoding = rowGroup.encode(codec)
  let step = await encoding.next()
  for (; step.done !== true; step = await encoding.next()) parts.push(Buffer.from(step.value))
  const chunks = step.value
  const fileOffset = 5 * 2 ** 30 + 3
  const rowGroups = [rowGroupStruct({ fileOffset, rows: 2, chunks }, columns, codec.id)]
  const checksums = chunks.map((chunk) => chunk.crc32)
  const footer = encodeFooter({ columns, rows: 2, rowGroups, checksums, createdBy: 'test', metadata: {} })
  // A sparse file: only the written parts take disk space.
  const path = join(directory, 'sparse.parquet')
  const file = openSync(path, 'w')
  writeSync(file, MAGIC, 0, MAGIC.length, 0)
  writeSync(file, Buffer.concat([...parts, footer]), 0, null, fileOffset)
  closeSync(file)
  t.strictSame(await rowsOf(path), [
    ['1n', '"far"'],
    ['null', '"away"'],
  ])
})
