/**
 * split2 and hyparquet-writer: parses JSON lines, flattens each record, and writes one row group of columns at a time.
 */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import split2 from 'split2'
import { HYPARQUET_TYPES, ROW_GROUP } from '../parquet/by-hyparquet-writer.ts'
import type { Table } from '../tables/table.ts'

/** Converts JSON lines with records of `table`. */
export async function byHyparquetWriter<Row>(table: Table<Row>, input: string, out: string): Promise<void> {
  const specs = Object.entries(table.columns).map(([name, type]) => ({ name, type: HYPARQUET_TYPES[type] }))
  const schema = schemaFromColumnData({ columnData: specs.map((spec) => ({ ...spec, data: [] })) })
  const writer = new ParquetWriter({ writer: fileWriter(out), schema, codec: 'SNAPPY' })
  const write = async (records: readonly Row[]) => {
    const values = table.transpose(records)
    const columnData = specs.map((spec, column) => ({ ...spec, data: values[column] ?? [] }))
    await writer.write({ columnData, rowGroupSize: ROW_GROUP })
  }
  await pipeline(createReadStream(input), split2(JSON.parse), async (records: AsyncIterable<Row>) => {
    let group: Row[] = []
    for await (const record of records) {
      group.push(record)
      if (group.length < ROW_GROUP) continue
      await write(group)
      group = []
    }
    if (group.length > 0) await write(group)
  })
  await writer.finish()
}
