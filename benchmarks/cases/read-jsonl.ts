/**
 * JSON lines into records: `parseJsonl`, compared with split2 and `JSON.parse`. In the cases with one long line, each
 * object in it counts as a record. So a reader that is linear in the length of a line has the same speed for both
 * lengths.
 */
import { join } from 'node:path'
import type { BenchCase, Work } from '../bench-case.ts'
import { byParseJsonl, bySplit2 } from '../reading/jsonl-readers.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { tallyOf } from '../streams/tally-sink.ts'
import { figureOfSearch } from '../tables/figures.ts'
import { readTallies, sumTallies, type Tally } from '../tally.ts'
import { writeLines, type InputFile } from '../text/write-lines.ts'

const POOL = 10_000
const LONG_LINES = { maxLineBytes: 128 * 1024 * 1024 } as const

export const benchCase: BenchCase<InputFile> = {
  name: 'read-jsonl',
  records: 500_000,
  prepare: (records, directory) => writeLines(pathIn(directory), recordLines(records)),
  expectedOutput: (_input, records) => sumTallies(tallyOf(cycle(makeRecords(POOL), records), figureOfSearch)),
  readOutput: readTallies,
  contenders: {
    'split2(JSON.parse)': bySplit2(addRecord),
    parseJsonl: byParseJsonl(addRecord),
    'parseJsonl, batches': byParseJsonl(addRecord, { batches: true }),
    'split2, a line of 16 MB': bySplit2(addRecords),
    'parseJsonl, a line of 16 MB': byParseJsonl(addRecords, LONG_LINES),
    'parseJsonl, a line of 64 MB': byParseJsonl(addRecords, LONG_LINES),
  },
  variants: {
    'split2, a line of 16 MB': oneLine(50_000),
    'parseJsonl, a line of 16 MB': oneLine(50_000),
    'parseJsonl, a line of 64 MB': oneLine(200_000),
  },
  subjects: ['parseJsonl', 'parseJsonl, batches', 'parseJsonl, a line of 16 MB', 'parseJsonl, a line of 64 MB'],
  packages: ['split2'],
}

function oneLine(records: number): Partial<Work<InputFile>> {
  return {
    records,
    prepare: (count, directory) =>
      writeLines(pathIn(directory), [`{"records":[${Array.from(recordLines(count)).join(',')}]}`]),
  }
}

function recordLines(records: number): Iterable<string> {
  const lines = makeRecords(POOL).map((record) => JSON.stringify(record))
  return cycle(lines, records)
}

function addRecord(record: SearchRecord, tally: Tally): void {
  tally.add(figureOfSearch(record))
}

function addRecords({ records }: { records: SearchRecord[] }, tally: Tally): void {
  for (const record of records) tally.add(figureOfSearch(record))
}

function pathIn(directory: string): string {
  return join(directory, 'in.jsonl')
}
