/**
 * The writer of each format. A writer is loaded when it is first needed. So the packages of unused formats are never
 * loaded.
 */
import type { Column } from './columns/column.ts'
import type { ResolvedRecordSinkOptions } from './options.ts'
import type { RecordWriter } from './record-writer.ts'

/** Makes the writer of one file. Formats without columns ignore `columns`. */
export type MakeWriter = (columns: readonly Column[]) => RecordWriter

/** Loads the writer of the format in `options`. */
export async function loadWriter(options: ResolvedRecordSinkOptions): Promise<MakeWriter> {
  const { compression, csv, format, metadata, nonFinite, rowGroupRows, rowGroupBytes } = options
  const textCompression = compression === 'gzip' ? 'gzip' : 'none'
  switch (format) {
    case 'jsonl': {
      const { JsonlWriter } = await import('./text/jsonl-writer.ts')
      return () => new JsonlWriter({ compression: textCompression, nonFinite })
    }
    case 'csv': {
      const { CsvWriter } = await import('./text/csv-writer.ts')
      return (columns) => new CsvWriter(columns, { compression: textCompression, dialect: csv })
    }
    case 'parquet': {
      const { ParquetWriter } = await import('./parquet/parquet-writer.ts')
      return (columns) => new ParquetWriter(columns, { compression, metadata, rowGroupRows, rowGroupBytes })
    }
  }
}
