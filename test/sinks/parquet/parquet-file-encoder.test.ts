import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Cell, Column } from '../../../sinks/columns/column.ts'
import type { ColumnType, NamedType } from '../../../sinks/columns/column-type.ts'
import { ParquetFileEncoder } from '../../../sinks/parquet/parquet-file-encoder.ts'
import { appendRow, CODEC_NAMES, encodeTable, endRowGroup, tableArbitrary } from './arbitraries.ts'
import { metadataByHyparquet, rowsByHyparquet, showRows } from './readers.ts'

/** A file with one row group and one column. */
async function encodeColumn(type: ColumnType | null, cells: Cell[]): Promise<Buffer> {
  const rowGroups = [cells.map((cell) => [cell])]
  return encodeTable({ columns: [{ name: 'c', type }], rowGroups, compression: 'none' })
}

t.test('writes files that read back as the same cells, for any columns, nulls, row groups and codecs', async () => {
  const property = fc.asyncProperty(tableArbitrary, async (table) => {
    const rows = await rowsByHyparquet(await encodeTable(table))
    assert.deepEqual(rows, showRows(table.rowGroups.flat()))
  })
  await fc.assert(property, { numRuns: 60 })
})

t.test('a copy of the open row group is a file of its own, and changes nothing', async () => {
  const property = fc.asyncProperty(tableArbitrary, fc.func(fc.boolean()), async (table, isCopied) => {
    const { columns, compression } = table
    const encoder = new ParquetFileEncoder(columns, { compression })
    const pieces: Buffer[] = [Buffer.from(encoder.header())]
    for (const [group, rows] of table.rowGroups.entries()) {
      for (const [index, row] of rows.entries()) {
        appendRow(encoder, row)
        if (!isCopied(group, index)) continue
        const copy: Buffer[] = []
        for await (const piece of encoder.copyRowGroup()) copy.push(Buffer.from(piece))
        assert.deepEqual(await rowsByHyparquet(Buffer.concat(copy)), showRows(rows.slice(0, index + 1)))
      }
      pieces.push(await endRowGroup(encoder))
    }
    pieces.push(Buffer.from(encoder.footer()))
    const withoutCopies = await encodeTable({ ...table, columns: columns.map((column) => ({ ...column })) })
    assert.deepEqual(await rowsByHyparquet(Buffer.concat(pieces)), await rowsByHyparquet(withoutCopies))
    assert.equal(Buffer.concat(pieces).length, withoutCopies.length)
  })
  await fc.assert(property, { numRuns: 30 })
})

const edges: [NamedType, Cell[]][] = [
  ['boolean', [true, false, true]],
  ['int64', [2n ** 63n - 1n, -(2n ** 63n), 0n, -1n, 2n ** 53n + 1n]],
  ['double', [NaN, -0, 0, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1]],
  ['timestamp', [new Date(-1), new Date(0), new Date('1066-10-14'), new Date(8.64e15), new Date(-8.64e15)]],
  ['utf8', ['', '\0', 'a\0b', '😀', '\ufeffBOM', 'ÿ', '\u{10ffff}', 'long '.repeat(300_000), '"quotes", commas\r\n']],
  ['json', ['{}', '[]', 'null', '{"__proto__":1}', '"😀"']],
  ['bytes', [new Uint8Array(0), Uint8Array.of(0, 255, 128), Buffer.alloc(100_000, 7)]],
]
for (const [type, cells] of edges) {
  t.test(`writes the edge values of ${type}`, async (t) => {
    const withNulls = [null, ...cells, null]
    const rows = await rowsByHyparquet(await encodeColumn(type, withNulls))
    t.strictSame(rows, showRows(withNulls.map((cell) => [cell])))
  })
}

t.test('writes a file with columns but without rows', async (t) => {
  const file = await encodeTable({ columns: [{ name: 'a', type: 'utf8' }], rowGroups: [], compression: 'snappy' })
  const metadata = metadataByHyparquet(file)
  t.equal(metadata.num_rows, 0n)
  t.strictSame(metadata.row_groups, [])
  t.strictSame(await rowsByHyparquet(file), [])
})

t.test('writes a file without columns', async (t) => {
  const file = await encodeTable({ columns: [], rowGroups: [], compression: 'snappy' })
  t.equal(metadataByHyparquet(file).num_rows, 0n)
})

t.test('writes 200 columns, dots and backslashes in their names, as flat columns', async (t) => {
  const columns = Array.from({ length: 200 }, (_, index): Column => ({ name: `a.b\\.c.${index}`, type: 'int64' }))
  const rowGroups = [[columns.map((_, index) => BigInt(index))], [columns.map(() => null)]]
  const file = await encodeTable({ columns, rowGroups, compression: 'gzip' })
  t.strictSame(await rowsByHyparquet(file), showRows(rowGroups.flat()))
  const { schema, row_groups: groups } = metadataByHyparquet(file)
  t.strictSame(
    schema.map(({ name }) => name),
    ['schema', ...columns.map(({ name }) => name)],
  )
  t.strictSame(groups[0]?.columns[7]?.meta_data?.path_in_schema, ['a.b\\.c.7'])
})

t.test('accepts the type of a column in the middle of a row group', async (t) => {
  const types: NamedType[] = ['boolean', 'int64', 'double', 'timestamp', 'utf8', 'json', 'bytes']
  const cells: Cell[] = [true, -5n, 0.5, new Date(7), 'text', '{}', Uint8Array.of(1)]
  const columns = types.map((name): Column => ({ name, type: null }))
  const nulls = columns.map(() => null)
  const encoder = new ParquetFileEncoder(columns, { compression: 'snappy' })
  const parts = [encoder.header()]
  appendRow(encoder, nulls)
  parts.push(await endRowGroup(encoder), encoder.footer())
  t.ok(
    metadataByHyparquet(Buffer.concat(parts)).schema.every(({ type }) => type === undefined || type === 'BYTE_ARRAY'),
  )
  appendRow(encoder, nulls)
  columns.forEach((column, index) => (column.type = types[index] as ColumnType))
  appendRow(encoder, cells)
  parts.push(await endRowGroup(encoder), encoder.footer())
  t.strictSame(await rowsByHyparquet(Buffer.concat(parts)), showRows([nulls, nulls, cells]))
})

t.test('writes a column that never gets a type as utf8', async (t) => {
  const file = await encodeColumn(null, [null, null])
  t.match(metadataByHyparquet(file).schema[1], { type: 'BYTE_ARRAY', converted_type: 'UTF8' })
  t.strictSame(await rowsByHyparquet(file), [['null'], ['null']])
})

t.test('each prefix that ends at a footer is a file with the rows so far', async () => {
  const property = fc.asyncProperty(tableArbitrary, async ({ columns, rowGroups, compression }) => {
    const encoder = new ParquetFileEncoder(columns, { compression })
    const parts = [encoder.header()]
    const prefixes: [Buffer, number][] = []
    for (const rows of rowGroups) {
      for (const row of rows) appendRow(encoder, row)
      parts.push(await endRowGroup(encoder), encoder.footer())
      prefixes.push([Buffer.concat(parts), encoder.rows])
    }
    const all = showRows(rowGroups.flat())
    for (const [file, rows] of prefixes) assert.deepEqual(await rowsByHyparquet(file), all.slice(0, rows))
  })
  await fc.assert(property, { numRuns: 25 })
})

t.test('counts rows and memory', async (t) => {
  const encoder = new ParquetFileEncoder([{ name: 'a', type: 'bytes' }], { compression: 'gzip' })
  encoder.header()
  t.equal(encoder.rowGroup.bytes, 0)
  for (let row = 0; row < 3; row++) appendRow(encoder, [Buffer.alloc(10_000)])
  t.strictSame([encoder.rows, encoder.rowGroup.rows], [0, 3])
  t.equal(encoder.rowGroup.bytes, 3 * (10_000 + 4))
  await endRowGroup(encoder)
  t.strictSame([encoder.rows, encoder.rowGroup.rows, encoder.rowGroup.bytes], [3, 0, 0])
})

t.test('returns no bytes for a row group without rows', async (t) => {
  const encoder = new ParquetFileEncoder([{ name: 'a', type: 'int64' }], { compression: 'none' })
  encoder.header()
  t.equal((await endRowGroup(encoder)).length, 0)
})

t.test('refuses calls in the wrong order', async (t) => {
  const encoder = new ParquetFileEncoder([{ name: 'a', type: 'int64' }], { compression: 'gzip' })
  const outOfTurn = { code: 'ERR_SPILLWAY_CLOSED' }
  t.throws(() => encoder.footer(), outOfTurn)
  await t.rejects(endRowGroup(encoder), outOfTurn)
  encoder.header()
  t.throws(() => encoder.header(), outOfTurn)
  appendRow(encoder, [1n])
  const ending = endRowGroup(encoder)
  t.throws(() => encoder.footer(), outOfTurn)
  await t.rejects(endRowGroup(encoder), outOfTurn)
  await ending
  t.ok(encoder.footer().length > 0)
})

const misfits: [ColumnType | null, unknown][] = [
  ['boolean', 1],
  ['int64', 1.5],
  ['int32', 2 ** 31],
  ['date', new Date(1)],
  ['int64', 2n ** 63n],
  ['double', '1'],
  ['timestamp', new Date(NaN)],
  ['timestamp', '2020-01-01'],
  ['utf8', Buffer.from('x')],
  ['json', {}],
  ['bytes', 'x'],
  [null, 'x'],
  ['utf8', undefined],
]
for (const [type, cell] of misfits) {
  t.test(`removes the whole row when ${typeof cell} does not fit ${String(type)}`, async (t) => {
    const columns: Column[] = [
      { name: 'before', type: 'utf8' },
      { name: 'also before', type: 'int64' },
      { name: 'culprit', type },
      { name: 'after', type: 'double' },
    ]
    const encoder = new ParquetFileEncoder(columns, { compression: 'none' })
    const parts = [encoder.header()]
    appendRow(encoder, ['a', null, null, 1])
    const misfit = cell === 2n ** 63n ? RangeError : TypeError
    t.throws(() => appendRow(encoder, ['lost', 7n, cell as Cell, 2]), misfit)
    t.throws(() => appendRow(encoder, [null, null, cell as Cell, null]), misfit)
    appendRow(encoder, ['b', 8n, null, 3])
    t.equal(encoder.rowGroup.rows, 2)
    parts.push(await endRowGroup(encoder), encoder.footer())
    const expected = showRows([
      ['a', null, null, 1],
      ['b', 8n, null, 3],
    ])
    t.strictSame(await rowsByHyparquet(Buffer.concat(parts)), expected)
  })
}

t.test('accepts another type for a column if a refused row set the first type', async (t) => {
  const columns: Column[] = [
    { name: 'a', type: 'int64' },
    { name: 'b', type: 'int64' },
  ]
  const encoder = new ParquetFileEncoder(columns, { compression: 'none' })
  const parts = [encoder.header()]
  t.throws(() => appendRow(encoder, [1n, 'misfit']), TypeError)
  ;(columns[0] as Column).type = 'utf8'
  appendRow(encoder, ['x', 2n])
  parts.push(await endRowGroup(encoder), encoder.footer())
  t.strictSame(await rowsByHyparquet(Buffer.concat(parts)), [['"x"', '2n']])
})

t.test('refuses a value of more than 2^31 - 1 bytes', async (t) => {
  const encoder = new ParquetFileEncoder([{ name: 'blob', type: 'bytes' }], { compression: 'none' })
  const value = new Uint8Array(2 ** 31)
  t.throws(() => appendRow(encoder, [value]), RangeError)
  t.equal(encoder.rowGroup.rows, 0)
})

t.test('refuses wrong options', async (t) => {
  const make = (options: object) => () => new ParquetFileEncoder([], options)
  t.throws(make({ compression: 'lzo' }), { code: 'ERR_SPILLWAY_OPTION', message: /`compression`/ })
  if (!CODEC_NAMES.includes('zstd')) t.throws(make({ compression: 'zstd' }), { message: /needs Node\.js 22\.15/ })
  t.throws(make({ metadata: { a: 1 } }), { code: 'ERR_SPILLWAY_OPTION', message: /`metadata`/ })
  t.throws(make({ createdBy: '' }), { code: 'ERR_SPILLWAY_OPTION', message: /`createdBy`/ })
})

t.test('writes the given metadata and author', async (t) => {
  const metadata = { workflow: 'w', '': '😀', __proto__x: '' }
  const encoder = new ParquetFileEncoder([{ name: 'a', type: 'int64' }], { metadata, createdBy: 'spillway 1.2.3' })
  const read = metadataByHyparquet(Buffer.concat([encoder.header(), encoder.footer()]))
  t.equal(read.version, 1)
  t.equal(read.created_by, 'spillway 1.2.3')
  t.match(read.key_value_metadata, [
    ...Object.entries(metadata).map(([key, value]) => ({ key, value })),
    { key: 'spillway.crc32', value: /^[0-9a-f]{8}$/ },
  ])
  const plain = new ParquetFileEncoder([{ name: 'a', type: 'int64' }])
  t.match(metadataByHyparquet(Buffer.concat([plain.header(), plain.footer()])), { created_by: 'spillway' })
})
