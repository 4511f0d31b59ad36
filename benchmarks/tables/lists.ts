/**
 * Records with lists: a number, the prices of a path, and two tags. SQL gives the same values, for the check of the harness.
 */
import { DuckDBInstance } from '@duckdb/node-api'
import type { Contents } from '../bench-case.ts'

/** A record with two lists. */
export interface ListRecord {
  readonly id: number
  readonly prices: readonly number[]
  readonly tags: readonly string[]
}

const PRICES = 8

/** The columns of the record with `id` in SQL. */
const COLUMNS = `id::DOUBLE, list_transform(range(${PRICES}), lambda k: ((id * 7919 + k * 104729) % 1000003) / 3.0::DOUBLE), ['tag ' || id % 7, 'tag ' || id % 11]`

/** The first records, whose ids count from 0. */
export function makeListRecords(count: number): ListRecord[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    prices: Array.from({ length: PRICES }, (_price, k) => ((id * 7919 + k * 104_729) % 1_000_003) / 3),
    tags: [`tag ${id % 7}`, `tag ${id % 11}`],
  }))
}

/** The contents of `rows` rows that repeat a pool of `pool` records. */
export function sumListPool(pool: number, rows: number): Promise<Contents> {
  return sum(`SELECT number, ${COLUMNS} FROM (SELECT range AS number, range % ${pool} AS id FROM range(${rows}))`)
}

/** The contents of a Parquet file with the columns of such records. */
export function sumListFile(path: string): Promise<Contents> {
  const file = `read_parquet('${path}', file_row_number = true)`
  return sum(`SELECT file_row_number, id::DOUBLE, prices, tags FROM ${file}`)
}

async function sum(query: string): Promise<Contents> {
  const instance = await DuckDBInstance.create()
  try {
    const connection = await instance.connect()
    const reader = await connection.runAndReadAll(
      `SELECT count(*), sum(hash(number::BIGINT, id, prices, tags))::VARCHAR FROM (${query}) AS rows(number, id, prices, tags)`,
    )
    const [count, checksum] = reader.getRows()[0] as [bigint, string | null]
    return { rows: Number(count), checksum: checksum ?? '' }
  } finally {
    instance.closeSync()
  }
}
