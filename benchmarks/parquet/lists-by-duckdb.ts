/**
 * DuckDB: its appender writes the lists to a table in memory, and COPY writes the table to the file.
 */
import { DOUBLE, DuckDBDataChunk, DuckDBInstance, LIST, listValue, VARCHAR } from '@duckdb/node-api'
import type { Job } from '../bench-case.ts'
import { batches } from '../records.ts'
import type { ListRecord } from '../tables/lists.ts'
import { outputPath } from './output-path.ts'

/** The maximum number of rows in a chunk. */
const CHUNK = 2048

export async function listsByDuckDb(pool: readonly ListRecord[], job: Job): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run('CREATE TABLE records (id DOUBLE, prices DOUBLE[], tags VARCHAR[])')
  const appender = await connection.createAppender('records')
  const chunk = DuckDBDataChunk.create([DOUBLE, LIST(DOUBLE), LIST(VARCHAR)])
  for (const batch of batches(pool, job.records, CHUNK)) {
    chunk.reset()
    chunk.setColumns([
      batch.map(({ id }) => id),
      batch.map(({ prices }) => listValue(prices)),
      batch.map(({ tags }) => listValue(tags)),
    ])
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
  await connection.run(`COPY records TO '${outputPath(job)}' (FORMAT parquet, COMPRESSION snappy)`)
  connection.closeSync()
  instance.closeSync()
}
