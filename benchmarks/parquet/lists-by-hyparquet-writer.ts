/**
 * hyparquet-writer: writes one row group at a time, from one array per column.
 */
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { Job } from '../bench-case.ts'
import { batches } from '../records.ts'
import type { ListRecord } from '../tables/lists.ts'
import { ROW_GROUP } from './by-hyparquet-writer.ts'
import { outputPath } from './output-path.ts'

export async function listsByHyparquetWriter(pool: readonly ListRecord[], job: Job): Promise<void> {
  const list = (name: string, element: object) => [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 } as const,
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 } as const,
    { name: 'element', repetition_type: 'OPTIONAL', ...element } as const,
  ]
  const schema = [
    { name: 'root', num_children: 3 },
    { name: 'id', type: 'DOUBLE', repetition_type: 'OPTIONAL' } as const,
    ...list('prices', { type: 'DOUBLE' }),
    ...list('tags', { type: 'BYTE_ARRAY', converted_type: 'UTF8' }),
  ]
  const writer = new ParquetWriter({ writer: fileWriter(outputPath(job)), schema, codec: 'SNAPPY' })
  for (const batch of batches(pool, job.records, ROW_GROUP)) {
    const columnData = [
      { name: 'id', data: batch.map(({ id }) => id) },
      { name: 'prices', data: batch.map(({ prices }) => prices) },
      { name: 'tags', data: batch.map(({ tags }) => tags) },
    ]
    await writer.write({ columnData, rowGroupSize: ROW_GROUP })
  }
  await writer.finish()
}
