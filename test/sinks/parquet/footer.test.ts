import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Column } from '../../../sinks/columns/column.ts'
import { encodeFooter, MAGIC, rowGroupStruct, type RowGroupInfo } from '../../../sinks/parquet/footer.ts'
import { CompressionCodec, Encoding } from '../../../sinks/parquet/thrift/thrift.ts'
import { metadataByHyparquet } from './readers.ts'

const columns: Column[] = [
  { name: 'a', type: 'int64' },
  { name: 'b.c', type: 'timestamp' },
]

function metadataOf(infos: RowGroupInfo[]) {
  const rowGroups = infos.map((info) => rowGroupStruct(info, columns, CompressionCodec.GZIP))
  const rows = infos.reduce((sum, info) => sum + info.rows, 0)
  const footer = encodeFooter({ columns, rows, rowGroups, checksums: [], createdBy: 'test', metadata: {} })
  return metadataByHyparquet(Buffer.concat([MAGIC, footer]))
}

t.test('writes offsets, sizes and counts of any magnitude', async () => {
  const large = fc.oneof(
    fc.nat(),
    fc.integer({ min: 2 ** 31, max: 2 ** 33 }),
    fc.integer({ min: 2 ** 40, max: 2 ** 50 }),
  )
  const property = fc.property(large, large, large, large, (fileOffset, rows, uncompressedBytes, compressedBytes) => {
    const sizes = { uncompressedBytes, compressedBytes, dictionaryBytes: 0, crc32: 0 }
    const chunk = { valueCount: rows, nullCount: rows, bounds: undefined, encoding: Encoding.PLAIN, ...sizes }
    const metadata = metadataOf([{ fileOffset, rows, chunks: [chunk, chunk] }])
    assert.equal(metadata.num_rows, BigInt(rows))
    const rowGroup = metadata.row_groups[0]!
    assert.equal(rowGroup.num_rows, BigInt(rows))
    assert.equal(rowGroup.total_byte_size, BigInt(uncompressedBytes) * 2n)
    rowGroup.columns.forEach(({ file_offset, meta_data }, index) => {
      assert.equal(file_offset, 0n)
      assert.equal(meta_data?.codec, 'GZIP')
      assert.deepEqual(meta_data.encodings, ['PLAIN', 'RLE'])
      assert.equal(meta_data.num_values, BigInt(rows))
      assert.equal(meta_data.total_uncompressed_size, BigInt(uncompressedBytes))
      assert.equal(meta_data.total_compressed_size, BigInt(compressedBytes))
      assert.equal(meta_data.data_page_offset, BigInt(fileOffset) + BigInt(compressedBytes) * BigInt(index))
      assert.equal(meta_data.statistics?.null_count, BigInt(rows))
    })
  })
  fc.assert(property, { numRuns: 20 })
})

t.test('lists the columns as optional, in file order, with their types', async (t) => {
  const { schema } = metadataOf([])
  t.match(schema, [
    { name: 'schema', num_children: 2 },
    { name: 'a', type: 'INT64', repetition_type: 'OPTIONAL' },
    {
      name: 'b.c',
      type: 'INT64',
      repetition_type: 'OPTIONAL',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
  ])
  t.equal(schema[0]?.repetition_type, undefined)
})

t.test('states that bounds are in the order of their type', async (t) => {
  const footer = encodeFooter({ columns, rows: 0, rowGroups: [], checksums: [], createdBy: 't', metadata: {} })
  // The last field of the metadata: a list of two structs, each with an empty struct as its field 1.
  const end = footer.subarray(0, -8)
  t.strictSame([...end.subarray(-9)], [0x19, 0x2c, 0x1c, 0, 0, 0x1c, 0, 0, 0])
})

t.test('ends with its length and the magic bytes', async (t) => {
  const footer = encodeFooter({ columns, rows: 0, rowGroups: [], checksums: [], createdBy: 't', metadata: {} })
  t.equal(footer.readUInt32LE(footer.length - 8), footer.length - 8)
  t.equal(footer.toString('latin1', footer.length - 4), 'PAR1')
})
