/**
 * The sinks, which write records to files, and the Parquet readers. The packages of a format are loaded when the format
 * is first used.
 *
 * @module spillway/sinks
 */
export { RecordSink } from './record-sink.ts'
export { JsonlSink, type JsonlSinkOptions } from './jsonl-sink.ts'
export { CsvSink, type CsvSinkOptions } from './csv-sink.ts'
export { ParquetSink, type ParquetSinkOptions } from './parquet-sink.ts'
export type { Compression, Format, OnDrift, OnExisting, RecordSinkOptions } from './options.ts'
export type { RecordSinkStats } from './record-files.ts'
export type { CsvDialectOptions } from './text/csv-dialect.ts'
export type { NonFinitePolicy } from './values/json-text.ts'
export { PreciseDate } from './values/precise-date.ts'
export type { Schema } from './columns/column.ts'
export type {
  ColumnType,
  DecimalType,
  FieldType,
  ListType,
  MapType,
  NamedType,
  NestedType,
  StructType,
} from './columns/column-type.ts'
export type { ByteTarget, OpenTarget } from './files/file-target.ts'
export {
  parquetInfo,
  readParquet,
  readParquetColumn,
  type ParquetInfo,
  type ParquetInput,
  type ReadParquetOptions,
} from './readers/read-parquet.ts'
export { repairParquet, type ParquetRepair } from './readers/repair-parquet.ts'
