/**
 * parquetjs-lite: an awaited `appendRow` for each record, with its default row groups.
 */
import parquet from 'parquetjs-lite'
import { cycle } from '../records.ts'
import { outputPath } from './output-path.ts'
import type { Table, PoolWriter, TableType } from '../tables/table.ts'

const TYPES = { text: 'UTF8', double: 'DOUBLE', timestamp: 'TIMESTAMP_MILLIS' } as const satisfies Record<
  TableType,
  string
>

export function byParquetjsLite<Row>({ columns, flatten }: Table<Row>): PoolWriter<Row> {
  const fields = Object.entries(columns).map(([name, type]) => {
    return [name, { type: TYPES[type], optional: true, compression: 'SNAPPY' }] as const
  })
  return async (pool, job) => {
    const schema = new parquet.ParquetSchema(Object.fromEntries(fields))
    const writer = await parquet.ParquetWriter.openFile(schema, outputPath(job))
    for (const record of cycle(pool, job.records)) await writer.appendRow(flatten(record))
    await writer.close()
  }
}
