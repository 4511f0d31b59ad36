/**
 * hyparquet-writer: writes one row group at a time, from one array per column, through its own buffered file. Its
 * `parquetWriteRows` would make the same arrays from flat objects, which would have to be made first.
 */
import { fileWriter, ParquetWriter, schemaFromColumnData, type BasicType } from 'hyparquet-writer'
import { batches } from '../records.ts'
import { outputPath } from './output-path.ts'
import type { Table, PoolWriter, TableType } from '../tables/table.ts'

/** The size of its default row groups after the first one. */
export const ROW_GROUP = 100_000

/** The type names of hyparquet-writer. */
export const HYPARQUET_TYPES = { text: 'STRING', double: 'DOUBLE', timestamp: 'TIMESTAMP' } as const satisfies Record<
  TableType,
  BasicType
>

export function byHyparquetWriter<Row>({ columns, transpose }: Table<Row>): PoolWriter<Row> {
  const specs = Object.entries(columns).map(([name, type]) => ({ name, type: HYPARQUET_TYPES[type] }))
  return async (pool, job) => {
    const schema = schemaFromColumnData({ columnData: specs.map((spec) => ({ ...spec, data: [] })) })
    const writer = new ParquetWriter({ writer: fileWriter(outputPath(job)), schema, codec: 'SNAPPY' })
    for (const batch of batches(pool, job.records, ROW_GROUP)) {
      const values = transpose(batch)
      const columnData = specs.map((spec, column) => ({ ...spec, data: values[column] ?? [] }))
      await writer.write({ columnData, rowGroupSize: ROW_GROUP })
    }
    await writer.finish()
  }
}
