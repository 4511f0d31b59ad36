/**
 * `spillway convert` from JSON lines to Parquet, compared with a pipeline of common streams. It reads its input twice,
 * first for its columns, which the other contender is given.
 */
import { join } from 'node:path'
import type { BenchCase } from '../bench-case.ts'
import { bySpillway } from '../conversion/by-spillway.ts'
import { outputPath } from '../parquet/output-path.ts'
import { cycle, makeRecords } from '../records.ts'
import { searchTable } from '../tables/search-table.ts'
import { writeLines, type InputFile } from '../text/write-lines.ts'
import { benchCase as searchRecords } from './parquet-search-records.ts'

const POOL = 100_000

export const benchCase: BenchCase<InputFile> = {
  name: 'convert-jsonl-to-parquet',
  records: 500_000,
  prepare: (records, directory) => {
    const lines = makeRecords(POOL).map((record) => JSON.stringify(record))
    return writeLines(join(directory, 'in.jsonl'), cycle(lines, records))
  },
  expectedOutput: (_input, records) => searchRecords.expectedOutput(makeRecords(POOL), records),
  readOutput: searchRecords.readOutput,
  contenders: {
    'split2 -> hyparquet-writer': {
      load: async () => {
        const { byHyparquetWriter } = await import('../conversion/by-hyparquet-writer.ts')
        return ({ path }, job) => byHyparquetWriter(searchTable, path, outputPath(job))
      },
    },
    'spillway convert': ({ path }, job) => bySpillway(path, outputPath(job)),
  },
  subjects: ['spillway convert'],
  packages: ['split2', 'hyparquet-writer'],
}
