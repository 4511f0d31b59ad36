/**
 * DuckDB: records go through its appender into a table in memory, and the table into the file.
 */
import { DOUBLE, DuckDBDataChunk, DuckDBInstance, VARCHAR } from '@duckdb/node-api'
import { batches } from '../records.ts'
import { outputPath } from './output-path.ts'
import type { Table, PoolWriter, TableType, TableValues } from '../tables/table.ts'

/** The rows of a chunk, the most it can hold. */
const CHUNK = 2048

// A moment enters as a double, and becomes a timestamp within COPY, where that costs next to nothing: an object around
// a bigint for each one would be slower.
const APPENDED = { text: VARCHAR, double: DOUBLE, timestamp: DOUBLE } as const satisfies Record<TableType, unknown>

/**
 * Chunks filled by columns: of the ways into the appender it is the fastest. A call for each value and `endRow` for each
 * record take as long at best, and up to two thirds longer.
 */
export function byDuckDb<Row>({ columns, transpose }: Table<Row>): PoolWriter<Row> {
  const types = Object.values(columns).map((type) => APPENDED[type])
  return async (pool, job) => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    const definitions = Object.entries(columns).map(([name, type]) => `"${name}" ${String(APPENDED[type])}`)
    await connection.run(`CREATE TABLE records (${definitions.join(', ')})`)
    const appender = await connection.createAppender('records')
    const chunk = DuckDBDataChunk.create(types)
    for (const batch of batches(pool, job.records, CHUNK)) {
      chunk.reset()
      chunk.setColumns(transpose(batch).map(appendable))
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    const selected = Object.entries(columns).map(([name, type]) => (type === 'timestamp' ? moment(name) : `"${name}"`))
    await connection.run(
      `COPY (SELECT ${selected.join(', ')} FROM records) TO '${outputPath(job)}' (FORMAT parquet, COMPRESSION snappy)`,
    )
    connection.closeSync()
    instance.closeSync()
  }
}

function appendable(values: TableValues): string[] | number[] {
  return values[0] instanceof Date ? (values as Date[]).map(Number) : (values as string[] | number[])
}

function moment(name: string): string {
  return `make_timestamp_ms("${name}"::BIGINT) AS "${name}"`
}
