/**
 * The adapter of parquetjs-lite: the Thrift structs of Parquet and their deserialization. Only this file imports the
 * package. Its names are those of parquet.thrift, and only the parts in use are typed. Everything that the package
 * throws, sometimes strings, is converted to a SpillwayError.
 */
import parquetTypes from 'parquetjs-lite/gen-nodejs/parquet_types.js'
import parquetUtil from 'parquetjs-lite/lib/util.js'
import { messageOf, SpillwayError } from '../../../lib/core/errors.ts'
import { CompactProtocolWriter } from './compact-protocol.ts'

/** An instance of a struct of parquet.thrift. */
export interface ThriftStruct {
  write(protocol: CompactProtocolWriter): void
}

type StructOf<Fields> = new (fields: Fields) => ThriftStruct
type EmptyStruct = new () => ThriftStruct

type LogicalTypeName = 'STRING' | 'JSON' | 'LIST' | 'MAP' | 'DATE' | 'TIMESTAMP' | 'TIME' | 'DECIMAL' | 'INTEGER'

type ConvertedTypeName =
  | 'UTF8'
  | 'LIST'
  | 'MAP'
  | 'DECIMAL'
  | 'DATE'
  | 'TIME_MILLIS'
  | 'TIME_MICROS'
  | 'TIMESTAMP_MILLIS'
  | 'TIMESTAMP_MICROS'
  | 'INT_8'
  | 'JSON'
  | 'INTERVAL'

/** The structs and enums of parquet.thrift in use. An i64 field takes safe integers. */
interface ParquetTypes {
  readonly Type: Readonly<
    Record<'BOOLEAN' | 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY', number>
  >
  readonly ConvertedType: Readonly<Record<ConvertedTypeName, number>>
  readonly FieldRepetitionType: Readonly<Record<'OPTIONAL' | 'REQUIRED' | 'REPEATED', number>>
  readonly Encoding: Readonly<Record<'PLAIN' | 'RLE' | 'RLE_DICTIONARY', number>>
  readonly CompressionCodec: Readonly<Record<'UNCOMPRESSED' | 'SNAPPY' | 'GZIP' | 'BROTLI' | 'ZSTD', number>>
  readonly PageType: Readonly<Record<'DATA_PAGE' | 'DICTIONARY_PAGE', number>>
  readonly StringType: EmptyStruct
  readonly JsonType: EmptyStruct
  readonly DateType: EmptyStruct
  readonly ListType: EmptyStruct
  readonly MapType: EmptyStruct
  readonly MilliSeconds: EmptyStruct
  readonly MicroSeconds: EmptyStruct
  readonly TypeDefinedOrder: EmptyStruct
  readonly TimeUnit: StructOf<{ MILLIS: ThriftStruct } | { MICROS: ThriftStruct }>
  readonly TimestampType: StructOf<{ isAdjustedToUTC: boolean; unit: ThriftStruct }>
  readonly TimeType: StructOf<{ isAdjustedToUTC: boolean; unit: ThriftStruct }>
  readonly DecimalType: StructOf<{ precision: number; scale: number }>
  readonly IntType: StructOf<{ bitWidth: number; isSigned: boolean }>
  readonly LogicalType: StructOf<Partial<Record<LogicalTypeName, ThriftStruct>>>
  readonly SchemaElement: StructOf<{
    name: string
    num_children?: number
    repetition_type?: number
    type?: number
    type_length?: number | undefined
    converted_type?: number | undefined
    precision?: number | undefined
    scale?: number | undefined
    logicalType?: ThriftStruct | undefined
  }>
  readonly Statistics: StructOf<{
    null_count: number
    min_value?: Buffer | undefined
    max_value?: Buffer | undefined
  }>
  readonly DataPageHeader: StructOf<{
    num_values: number
    encoding: number
    definition_level_encoding: number
    repetition_level_encoding: number
  }>
  readonly DictionaryPageHeader: StructOf<{ num_values: number; encoding: number }>
  readonly PageHeader: StructOf<{
    type: number
    uncompressed_page_size: number
    compressed_page_size: number
    crc: number
    data_page_header?: ThriftStruct
    dictionary_page_header?: ThriftStruct
  }>
  readonly ColumnMetaData: StructOf<{
    type: number
    encodings: readonly number[]
    path_in_schema: readonly string[]
    codec: number
    num_values: number
    total_uncompressed_size: number
    total_compressed_size: number
    data_page_offset: number
    dictionary_page_offset?: number | undefined
    statistics: ThriftStruct
  }>
  readonly ColumnChunk: StructOf<{ file_offset: number; meta_data: ThriftStruct }>
  readonly RowGroup: StructOf<{ columns: readonly ThriftStruct[]; total_byte_size: number; num_rows: number }>
  readonly KeyValue: StructOf<{ key: string; value: string }>
  readonly ColumnOrder: StructOf<{ TYPE_ORDER: ThriftStruct }>
  readonly FileMetaData: StructOf<{
    version: number
    schema: readonly ThriftStruct[]
    num_rows: number
    row_groups: readonly ThriftStruct[]
    key_value_metadata?: readonly ThriftStruct[] | undefined
    created_by: string
    column_orders: readonly ThriftStruct[]
  }>
}

const types = parquetTypes as ParquetTypes
const util = parquetUtil as {
  decodeThrift(struct: object, bytes: Buffer, offset: number): number
}

// The generated code also assigns each class to an undeclared variable, which becomes global. These globals are
// removed.
for (const [name, value] of Object.entries(types)) {
  if (Reflect.get(globalThis, name) === value) Reflect.deleteProperty(globalThis, name)
}

export const { Type, ConvertedType, FieldRepetitionType, Encoding, CompressionCodec, PageType } = types
export const {
  StringType,
  JsonType,
  DateType,
  DecimalType,
  IntType,
  ListType,
  MapType,
  MicroSeconds,
  MilliSeconds,
  TimeUnit,
  TimestampType,
  TimeType,
  LogicalType,
  SchemaElement,
} = types
export const { Statistics, DataPageHeader, DictionaryPageHeader, PageHeader, ColumnMetaData, ColumnChunk, RowGroup } =
  types
export const { KeyValue, TypeDefinedOrder, ColumnOrder, FileMetaData } = types

/**
 * Serializes a struct in the compact protocol.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a field has a value that the protocol cannot represent
 */
export function serialize(struct: ThriftStruct): Buffer {
  try {
    const protocol = new CompactProtocolWriter()
    struct.write(protocol)
    return protocol.bytes
  } catch (thrown) {
    const problem = `Parquet metadata could not be serialized: ${messageOf(thrown)}`
    throw new SpillwayError('ERR_SPILLWAY_VALUE', problem, { cause: thrown })
  }
}

/** A struct that is already serialized. It can replace the original struct within another one. */
export class SerializedStruct implements ThriftStruct {
  readonly #bytes: Buffer

  /** @param bytes - the result of {@link serialize} */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  write(protocol: CompactProtocolWriter): void {
    protocol.writeSerialized(this.#bytes)
  }
}

/** The contents of a page header. */
interface DecodedPageHeader {
  /** The type of the page, as a number of parquet.thrift. */
  readonly type: number
  readonly headerBytes: number
  /** Bytes of the page after the header. */
  readonly dataBytes: number
  /** Values in a data page, including nulls. */
  readonly values: number
  /** CRC-32 of the page after the header; undefined when the header has none. */
  readonly crc32: number | undefined
}

/** Decodes the page header at `offset`. Throws a value of any type when there is no page header. */
export function decodePageHeader(bytes: Buffer, offset: number): DecodedPageHeader {
  type Counted = { readonly num_values: number } | null
  const Struct = PageHeader as unknown as new () => {
    readonly type: number
    readonly compressed_page_size: number
    readonly crc: number | null
    readonly data_page_header: Counted
    readonly data_page_header_v2: Counted
  }
  const header = new Struct()
  const headerBytes = util.decodeThrift(header, bytes, offset)
  const values = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0
  return { type: header.type, headerBytes, dataBytes: header.compressed_page_size, values, crc32: unsigned(header.crc) }
}

/** The format has checksums as signed numbers. */
function unsigned(sum: number | null): number | undefined {
  return sum === null ? undefined : sum >>> 0
}
