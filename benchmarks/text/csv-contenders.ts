/**
 * The CSV writers that a case compares, csv-stringify's stream first. All of them get the same nested records and write
 * the same bytes.
 */
import { closeSync, createWriteStream, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type * as CsvStringify from 'csv-stringify'
import type * as FastCsv from 'fast-csv'
import type Papaparse from 'papaparse'
import { CsvSink } from '../../sinks/csv-sink.ts'
import type { Contender, ContenderLoader, Job } from '../bench-case.ts'
import { batches, cycle } from '../records.ts'
import type { Table } from '../tables/table.ts'

/** Packages whose versions are reported. */
export const CSV_PACKAGES = ['csv-stringify', 'fast-csv', 'papaparse'] as const

/** The contenders under test. */
export const CSV_SUBJECTS = ['CsvSink, batches', 'CsvSink, single records'] as const

const CHUNK = 256 * 1024
const BATCH = 1000

type CsvContenders<Row> = Readonly<Record<string, Contender<readonly Row[]> | ContenderLoader<readonly Row[]>>>

/**
 * The contenders. Their input is a pool of records, which is repeated.
 *
 * @param joinRow - joins the cells of a record to a line
 */
export function csvContenders<Row>(table: Table<Row>, joinRow: (record: Row) => string): CsvContenders<Row> {
  const columns = Object.keys(table.columns)
  return {
    'csv-stringify': { load: async () => byCsvStringify(columns, await import('csv-stringify')) },
    'CsvSink, batches': (pool, job) =>
      pipeline(Readable.from(batches(pool, job.records, BATCH)), new CsvSink({ path: pathIn(job) })),
    'CsvSink, single records': (pool, job) =>
      pipeline(Readable.from(cycle(pool, job.records)), new CsvSink({ path: pathIn(job) })),
    'hand-joined cells': (pool, job) => byHand(columns, joinRow, pool, job),
    papaparse: { load: async () => byPapaparse(table, (await import('papaparse')).default) },
    'fast-csv': { load: async () => byFastCsv(table, await import('fast-csv')) },
  }
}

function byCsvStringify<Row>(
  columns: readonly string[],
  { stringify }: typeof CsvStringify,
): Contender<readonly Row[]> {
  return async (pool, job) => {
    const stringifier = stringify({
      header: true,
      columns: columns.map((key) => ({ key, header: key })),
      cast: { date: (value) => value.toISOString() },
    })
    await pipeline(Readable.from(cycle(pool, job.records)), stringifier, createWriteStream(pathIn(job)))
  }
}

/** The minimum of work: no cell is checked for characters that need quotes. */
function byHand<Row>(
  columns: readonly string[],
  joinRow: (record: Row) => string,
  pool: readonly Row[],
  job: Job,
): void {
  const file = openSync(pathIn(job), 'w')
  let text = `${columns.join(',')}\n`
  for (const record of cycle(pool, job.records)) {
    text += joinRow(record)
    if (text.length >= CHUNK) {
      writeSync(file, text)
      text = ''
    }
  }
  writeSync(file, text)
  closeSync(file)
}

function byPapaparse<Row>(table: Table<Row>, { unparse }: typeof Papaparse): Contender<readonly Row[]> {
  return (pool, job) => {
    const file = openSync(pathIn(job), 'w')
    let header = true
    for (const batch of batches(pool, job.records, BATCH)) {
      const text = unparse(batch.map(table.flatten), { header, newline: '\n', columns: Object.keys(table.columns) })
      writeSync(file, `${text}\n`)
      header = false
    }
    closeSync(file)
  }
}

function byFastCsv<Row>(table: Table<Row>, { format }: typeof FastCsv): Contender<readonly Row[]> {
  return async (pool, job) => {
    const formatter = format({
      headers: true,
      includeEndRowDelimiter: true,
      transform: (record: unknown) =>
        Object.fromEntries(
          Object.entries(table.flatten(record as Row)).map(([name, value]) => [
            name,
            value instanceof Date ? value.toISOString() : value,
          ]),
        ),
    })
    await pipeline(Readable.from(cycle(pool, job.records)), formatter, createWriteStream(pathIn(job)))
  }
}

function pathIn({ directory }: Job): string {
  return join(directory, 'out.csv')
}
