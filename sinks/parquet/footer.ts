/**
 * The footer of a Parquet file: the metadata of everything before it, its length, and the magic bytes.
 */
import type { Column } from '../columns/column.ts'
import { CHECKSUMS_KEY, checksumsText, sealMetadata } from './checksums.ts'
import type { ColumnChunkInfo } from './column-chunk.ts'
import { leavesOf, schemaElements, type SchemaLeaf } from './schema.ts'
import {
  ColumnChunk,
  ColumnMetaData,
  ColumnOrder,
  Encoding,
  FileMetaData,
  KeyValue,
  RowGroup,
  serialize,
  Statistics,
  TypeDefinedOrder,
  type ThriftStruct,
} from './thrift/thrift.ts'

/** The first and the last bytes of a Parquet file. */
export const MAGIC = Buffer.from('PAR1')

/** The version number of the Parquet format. */
const FORMAT_VERSION = 1

/** The metadata of a row group for the footer. */
export interface RowGroupInfo {
  /** The offset of its first byte in the file. */
  readonly fileOffset: number
  readonly rows: number
  /** Its column chunks, one for each leaf of the schema in its order. Each begins where the previous one ends. */
  readonly chunks: readonly ColumnChunkInfo[]
}

/** The contents of a footer. */
interface FileInfo {
  readonly columns: readonly Column[]
  /** Rows of all row groups. */
  readonly rows: number
  readonly rowGroups: readonly ThriftStruct[]
  /** CRC-32 of each column chunk, in the order of the row groups. */
  readonly checksums: readonly number[]
  readonly createdBy: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Encodes a complete footer. It uses the column types at the time of the call. */
export function encodeFooter({ columns, rows, rowGroups, checksums, createdBy, metadata }: FileInfo): Buffer {
  const others = Object.entries(metadata).filter(([key]) => key !== CHECKSUMS_KEY)
  const pairs = [...others, [CHECKSUMS_KEY, checksumsText(checksums)] as const]
  const fileMetaData = serialize(
    new FileMetaData({
      version: FORMAT_VERSION,
      schema: schemaElements(columns),
      num_rows: rows,
      row_groups: rowGroups,
      key_value_metadata: pairs.map(([key, value]) => new KeyValue({ key, value })),
      created_by: createdBy,
      // Readers use min_value and max_value only if they know the order.
      column_orders: leavesOf(columns).map(() => new ColumnOrder({ TYPE_ORDER: new TypeDefinedOrder() })),
    }),
  )
  sealMetadata(fileMetaData)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(fileMetaData.length)
  return Buffer.concat([fileMetaData, length, MAGIC])
}

/** The Thrift struct of a row group. It uses the column types at the time of the call. */
export function rowGroupStruct(
  { fileOffset, rows, chunks }: RowGroupInfo,
  columns: readonly Column[],
  codec: number,
): ThriftStruct {
  let offset = fileOffset
  const chunkStructs = leavesOf(columns).map((leaf, index) => {
    const chunk = chunks[index] as ColumnChunkInfo
    const struct = columnChunkStruct(chunk, leaf, offset, codec)
    offset += chunk.compressedBytes
    return struct
  })
  return new RowGroup({
    columns: chunkStructs,
    total_byte_size: chunks.reduce((bytes, chunk) => bytes + chunk.uncompressedBytes, 0),
    num_rows: rows,
  })
}

function columnChunkStruct(chunk: ColumnChunkInfo, leaf: SchemaLeaf, offset: number, codec: number): ThriftStruct {
  const { dictionaryBytes } = chunk
  return new ColumnChunk({
    // The format requires 0 when the metadata of the chunk is only in the footer.
    file_offset: 0,
    meta_data: new ColumnMetaData({
      type: leaf.physical,
      // PLAIN for the dictionary or the values, RLE for the levels, RLE_DICTIONARY for the indices.
      encodings: [Encoding.PLAIN, Encoding.RLE, ...(dictionaryBytes === 0 ? [] : [Encoding.RLE_DICTIONARY])],
      path_in_schema: leaf.path,
      codec,
      num_values: chunk.valueCount,
      total_uncompressed_size: chunk.uncompressedBytes,
      total_compressed_size: chunk.compressedBytes,
      data_page_offset: offset + dictionaryBytes,
      dictionary_page_offset: dictionaryBytes === 0 ? undefined : offset,
      statistics: new Statistics({
        null_count: chunk.nullCount,
        min_value: chunk.bounds?.min,
        max_value: chunk.bounds?.max,
      }),
    }),
  })
}
