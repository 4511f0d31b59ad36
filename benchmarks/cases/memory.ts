/**
 * What memory each format takes, above that of a process that does nothing: that of `--records 1000000` and of
 * `--records 20000000` should not differ. The pool is small, so that next to nothing else is in the process; the size of
 * the outputs means nothing for that.
 */
import type { BenchCase, Work } from '../bench-case.ts'
import { bySink } from '../formats/by-sink.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { sumFiles, sumLines } from '../text-output.ts'

const POOL = 10_000

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  name: 'memory',
  records: 1_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: (pool, records) => sumLines(cycle(pool, records), (record) => JSON.stringify(record)),
  readOutput: (directory) => sumFiles(directory, ''),
  contenders: {
    JSONL: bySink('jsonl', 'none'),
    'JSONL, gzip': bySink('jsonl', 'gzip'),
    CSV: bySink('csv', 'none'),
    'CSV, gzip': bySink('csv', 'gzip'),
    Parquet: bySink('parquet', 'snappy'),
    nothing: () => {},
  },
  variants: {
    CSV: { expectedOutput: expectedCsv },
    'CSV, gzip': { expectedOutput: expectedCsv },
    Parquet: { expectedOutput: expectedParquet, readOutput: readParquet },
    nothing: { records: 0, prepare: () => [], expectedOutput: () => sumLines([], String) },
  },
  subjects: ['JSONL', 'JSONL, gzip', 'CSV', 'CSV, gzip', 'Parquet'],
}

// The cases of single formats are loaded when they are needed, so that the process of a contender is without them.

async function expectedCsv(...given: Parameters<Work<readonly SearchRecord[]>['expectedOutput']>) {
  return (await import('./csv-search-records.ts')).benchCase.expectedOutput(...given)
}

async function expectedParquet(...given: Parameters<Work<readonly SearchRecord[]>['expectedOutput']>) {
  return (await import('./parquet-search-records.ts')).benchCase.expectedOutput(...given)
}

async function readParquet(directory: string) {
  return (await import('./parquet-search-records.ts')).benchCase.readOutput(directory)
}
