/** A damaged Parquet file is refused: it never gives other values. */
import { Buffer } from 'node:buffer'
import t from 'tap'
import type { Column } from '../../../sinks/columns/column.ts'
import { encodeFooter, MAGIC, rowGroupStruct, type RowGroupInfo } from '../../../sinks/parquet/footer.ts'
import { ParquetFileEncoder } from '../../../sinks/parquet/parquet-file-encoder.ts'
import { CompressionCodec } from '../../../sinks/parquet/thrift/thrift.ts'
import { readParquet } from '../../../sinks/readers/read-parquet.ts'
import { expectDamageSeen } from '../../helpers/parquet-mutations.ts'
import { appendRow, endRowGroup } from '../parquet/arbitraries.ts'
import { rowsByHyparquet } from '../parquet/readers.ts'

void t.test('no damage passes unseen', (t) => expectDamageSeen(t, 300))

const columns: Column[] = [{ name: 'n', type: 'int64' }]

const read = (file: Buffer) => readParquet({ file: new Uint8Array(file).buffer }).toArray()

/** A file of another writer, which has no checksums but those of its pages. */
async function foreignFile(): Promise<Buffer> {
  const encoder = new ParquetFileEncoder(columns, { compression: 'none', createdBy: 'another writer' })
  const parts: Buffer[] = [Buffer.from(encoder.header())]
  for (let n = 0n; n < 3n; n++) appendRow(encoder, [n * 1000n])
  parts.push(await endRowGroup(encoder), Buffer.from(encoder.footer()))
  const file = Buffer.concat(parts)
  file.write('another key...', file.indexOf('spillway.crc32'))
  return file
}

void t.test('the checksums of the pages are compared in a file without others', async (t) => {
  const file = await foreignFile()
  t.strictSame(await read(file), [{ n: 0n }, { n: 1000n }, { n: 2000n }])
  const place = file.indexOf(Buffer.of(0xe8, 0x03))
  t.ok(place > 0)
  file.writeUInt8(0xe9, place)
  t.strictSame(await rowsByHyparquet(file), [['0n'], ['1001n'], ['2000n']], 'another value')
  await t.rejects(read(file), {
    code: 'ERR_SPILLWAY_INPUT',
    message: /row group 1 cannot be decoded \(column "n" does not match its checksum\)/,
  })
})

/** A file without pages, whose footer says that. */
function fileOf(rows: number, groups: readonly Partial<RowGroupInfo>[], names = columns): Buffer {
  const chunk = {
    valueCount: 3,
    nullCount: 0,
    bounds: undefined,
    dictionaryBytes: 0,
    uncompressedBytes: 10,
    compressedBytes: 10,
    crc32: 0,
  }
  const rowGroups = groups.map((group) => {
    const info = { fileOffset: 4, rows: 3, chunks: names.map(() => chunk), ...group }
    return rowGroupStruct(info, names, CompressionCodec.UNCOMPRESSED)
  })
  const checksums = groups.flatMap(() => names.map(() => 0))
  const footer = encodeFooter({ columns, rows, rowGroups, checksums, createdBy: 'test', metadata: {} })
  return Buffer.concat([MAGIC, Buffer.alloc(10), footer])
}

const wrong: [string, Buffer, RegExp][] = [
  ['more rows than the row groups have', fileOf(4, [{}]), /it states 4 rows, but its row groups have 3/],
  ['fewer rows than the row groups have', fileOf(3, [{}, {}]), /it states 3 rows, but its row groups have 6/],
  ['a negative number of rows', fileOf(-3, [{ rows: -3 }]), /row group 1 has -3 rows/],
  ['row groups that cancel each other out', fileOf(3, [{ rows: 6 }, { rows: -3 }]), /row group 2 has -3 rows/],
  ['a column behind the end', fileOf(3, [{ fileOffset: 5 }]), /column "n" of row group 1 is not within the file/],
  ['a column before the start', fileOf(3, [{ fileOffset: -1 }]), /column "n" of row group 1 is not within the file/],
  ['a row group without a column', fileOf(3, [{}], []), /row group 1 has 0 columns, but the schema has 1/],
  [
    'a column too many',
    fileOf(3, [{}], [...columns, { name: 'm', type: 'int64' }]),
    /its bytes are not those of metadata/,
  ],
]
for (const [name, file, reason] of wrong) {
  void t.test(`a footer is refused that states ${name}`, async (t) => {
    await t.rejects(read(file), { code: 'ERR_SPILLWAY_INPUT', message: reason })
    await t.rejects(read(file), { message: /its footer is damaged/ })
  })
}

void t.test('columns of different lengths are refused', async (t) => {
  const encoder = new ParquetFileEncoder(columns, { compression: 'none' })
  const parts: Buffer[] = [Buffer.from(encoder.header())]
  for (let n = 0n; n < 3n; n++) appendRow(encoder, [n])
  const rowGroup = await endRowGroup(encoder)
  parts.push(rowGroup)
  const chunk = { valueCount: 5, nullCount: 0, bounds: undefined, dictionaryBytes: 0 }
  const size = { uncompressedBytes: rowGroup.length, compressedBytes: rowGroup.length, crc32: 0 }
  const info = { fileOffset: 4, rows: 5, chunks: [{ ...chunk, ...size }] }
  const rowGroups = [rowGroupStruct(info, columns, CompressionCodec.UNCOMPRESSED)]
  const footer = encodeFooter({ columns, rows: 5, rowGroups, checksums: [0], createdBy: 'test', metadata: {} })
  footer.write('another key...', footer.indexOf('spillway.crc32'))
  await t.rejects(read(Buffer.concat([...parts, footer])), {
    code: 'ERR_SPILLWAY_INPUT',
    message: /row group 1 cannot be decoded/,
  })
})
