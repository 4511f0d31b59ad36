/**
 * The memory of each format, above that of a process that does nothing. It should be the same for `--records 1000000`
 * and `--records 20000000`. The pool is small, so that the process holds little else. For that reason the output sizes
 * are not realistic.
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

// The cases of single formats are loaded on first use, so that they take no memory in the process of a contender.

async function expectedCsv(...given: Parameters<Work<readonly SearchRecord[]>['expectedOutput']>) {
  return (await import('./csv-search-records.ts')).benchCase.expectedOutput(...given)
}

async function expectedParquet(...given: Parameters<Work<readonly SearchRecord[]>['expectedOutput']>) {
  return (await import('./parquet-search-records.ts')).benchCase.expectedOutput(...given)
}

async function readParquet(directory: string) {
  return (await import('./parquet-search-records.ts')).benchCase.readOutput(directory)
}
