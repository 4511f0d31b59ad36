/**
 * The number that a tally adds for a record. It depends on all numbers of the record and on one of its texts.
 */
import type { SearchRecord } from '../records.ts'
import type { Flight } from './flights.ts'

/** A flat row. Its keys are the columns of a table. */
export type Row = Readonly<Record<string, unknown>>

/** For a record of a parameter search. */
export function figureOfSearch({ container, parameters, result }: SearchRecord): number {
  const { sharpe_ratio: sharpe, total_return: total, max_drawdown: drawdown } = result.metrics
  const { lookback, threshold } = parameters
  return lastCode(container) + lookback + threshold + sharpe + total + drawdown + result.signals_generated
}

/** For the same record as a flat row: the same number. */
export function figureOfSearchRow(row: Row): number {
  return (
    lastCode(row['container'] as string) +
    (row['parameters.lookback'] as number) +
    (row['parameters.threshold'] as number) +
    (row['result.metrics.sharpe_ratio'] as number) +
    (row['result.metrics.total_return'] as number) +
    (row['result.metrics.max_drawdown'] as number) +
    (row['result.signals_generated'] as number)
  )
}

/** For a flight. */
export function figureOfFlight({ date, delay, distance, origin }: Flight): number {
  return lastCode(origin) + date.getTime() / 60_000 + delay * 31 + distance
}

function lastCode(text: string): number {
  return text.charCodeAt(text.length - 1)
}
