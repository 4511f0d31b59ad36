/**
 * The package that decodes Parquet. It is loaded when the first file is read.
 */
export type {
  ColumnChunk,
  Compressors,
  FileMetaData,
  ParquetParsers,
  RowGroup,
  SchemaElement,
  SchemaTree,
} from 'hyparquet'

/** Loads the package. */
export const loadHyparquet = () => import('hyparquet')
