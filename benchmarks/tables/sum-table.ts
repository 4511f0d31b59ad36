/**
 * Contents (rows and checksum) of tables, computed by DuckDB and independent of the writer. Each row is hashed with its
 * number and all of its values, after the values of a column are converted to one type.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import type { Contents } from '../bench-case.ts'
import type { Table, TableType } from './table.ts'

type Columns = Table<never>['columns']

/** The contents of the first `rows` rows of a Parquet file. Default: all rows. */
export async function sumParquet(path: string, columns: Columns, rows = Infinity): Promise<Contents> {
  const table = `read_parquet('${path}', file_row_number = true)`
  return withDuckDb((connection) => sumRows(connection, table, 'file_row_number', columns, rows))
}

/** The contents of `rows` rows that repeat `pool`. */
export async function sumPool<Row>(table: Table<Row>, pool: readonly Row[], rows: number): Promise<Contents> {
  return withDuckDb(async (connection) => {
    await fillTable(connection, table, pool)
    const cycled = `range(${rows}) AS turn(number) JOIN pool ON number % ${pool.length} = position`
    return sumRows(connection, cycled, 'number', table.columns, rows)
  })
}

async function withDuckDb(sum: (connection: DuckDBConnection) => Promise<Contents>): Promise<Contents> {
  const instance = await DuckDBInstance.create()
  try {
    return await sum(await instance.connect())
  } finally {
    instance.closeSync()
  }
}

async function sumRows(
  connection: DuckDBConnection,
  table: string,
  number: string,
  columns: Columns,
  rows: number,
): Promise<Contents> {
  const values = Object.entries(columns).map(([name, type]) => comparable(name, type))
  const limit = rows === Infinity ? '' : ` WHERE ${number} < ${rows}`
  const sums = `count(*), sum(hash(${[`${number}::BIGINT`, ...values].join(', ')}))::VARCHAR`
  const reader = await connection.runAndReadAll(`SELECT ${sums} FROM ${table}${limit}`)
  const [count, checksum] = reader.getRows()[0] as [bigint, string | null]
  return { rows: Number(count), checksum: checksum ?? '' }
}

function comparable(name: string, type: TableType): string {
  if (type === 'timestamp') return `epoch_ms("${name}")`
  return type === 'double' ? `"${name}"::DOUBLE` : `"${name}"`
}

/** Appends the records value by value. This is the simplest way, and differs from that of the DuckDB contender. */
async function fillTable<Row>(connection: DuckDBConnection, table: Table<Row>, pool: readonly Row[]) {
  const types = { text: 'VARCHAR', double: 'DOUBLE', timestamp: 'TIMESTAMP_MS' } as const
  const definitions = Object.entries(table.columns).map(([name, type]) => `"${name}" ${types[type]}`)
  await connection.run(`CREATE TABLE pool (position BIGINT, ${definitions.join(', ')})`)
  const appender = await connection.createAppender('pool')
  for (const [position, record] of pool.entries()) {
    appender.appendBigInt(BigInt(position))
    const row = table.flatten(record)
    for (const name of Object.keys(table.columns)) {
      const value = row[name]
      if (typeof value === 'string') appender.appendVarchar(value)
      else if (typeof value === 'number') appender.appendDouble(value)
      else throw new Error(`Unsupported value in ${name}: ${String(value)}`)
    }
    appender.endRow()
  }
  appender.closeSync()
}
