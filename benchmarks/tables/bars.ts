/**
 * The daily bars of the S&P 500 from January 2000 to April 2020, from vega-datasets: 5,105 lines of CSV.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A daily bar. */
interface Bar {
  readonly date: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly adjclose: number
  readonly volume: number
}

/** The header line, and one line for each bar. */
export function readBarLines(): { readonly header: string; readonly lines: readonly string[] } {
  const path = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/sp500-2000.csv')
  const [header = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n')
  return { header, lines }
}

/** Parses a line. */
export function toBar(line: string): Bar {
  const [date = '', ...numbers] = line.split(',')
  const [open = NaN, high = NaN, low = NaN, close = NaN, adjclose = NaN, volume = NaN] = numbers.map(Number)
  return { date, open, high, low, close, adjclose, volume }
}
