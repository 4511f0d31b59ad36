/**
 * Nested records into CSV, compared with other CSV writers.
 */
import type { BenchCase } from '../bench-case.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { searchTable } from '../tables/search-table.ts'
import { CSV_PACKAGES, CSV_SUBJECTS, csvContenders } from '../text/csv-contenders.ts'
import { sumFiles, sumText } from '../text-output.ts'

const POOL = 100_000

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  name: 'csv-search-records',
  records: 1_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: (pool, records) =>
    sumText(`${Object.keys(searchTable.columns).join(',')}\n`, cycle(pool, records), joinRow),
  readOutput: (directory) => sumFiles(directory, '.csv'),
  contenders: csvContenders(searchTable, joinRow),
  subjects: CSV_SUBJECTS,
  packages: CSV_PACKAGES,
}

function joinRow({ phase, container, timestamp, parameters, result }: SearchRecord): string {
  const { lookback, threshold, regime } = parameters
  const { sharpe_ratio: sharpe, total_return: total, max_drawdown: drawdown } = result.metrics
  const first = `${phase},${container},${timestamp},${lookback},${threshold},${regime}`
  return `${first},${sharpe},${total},${drawdown},${result.signals_generated}\n`
}
