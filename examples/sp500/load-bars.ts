/**
 * Reads the daily bars of the S&P 500 from January 2000 to April 2020, from the package vega-datasets (source: Yahoo
 * Finance). It is the price index, without the dividends of about 2 % per year.
 */
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseCsv } from '../../transforms/parsing/parse-csv.ts'
import { barsFrom, type Bar, type Bars } from './bars.ts'

/** The path of the file. */
export function barsFile(): string {
  // The package exports only its entry point, so the path of the data is relative to it.
  return join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/sp500-2000.csv')
}

/**
 * Reads and checks a file of bars.
 *
 * @throws {Error} with the day, if a bar is invalid
 */
export async function loadBars(path: string = barsFile()): Promise<Bars> {
  const rows: Bar[] = []
  await pipeline(createReadStream(path), parseCsv({ types: 'infer' }), async (records: AsyncIterable<object>) => {
    for await (const record of records) rows.push(toBar(record))
  })
  return barsFrom(rows)
}

function toBar(record: object): Bar {
  const { date, high, low, close } = record as Readonly<Record<string, unknown>>
  return { date: String(date), high: Number(high), low: Number(low), close: Number(close) }
}
