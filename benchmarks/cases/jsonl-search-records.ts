/**
 * Nested records into JSON lines: through a ResultStreamer, with buffering and aggregation (three metrics of 1,500
 * containers), compared with other ways of writing them.
 */
import type { BenchCase } from '../bench-case.ts'
import { cycle, makeRecords } from '../records.ts'
import { JSONL_PACKAGES, JSONL_SUBJECTS, jsonlContenders } from '../text/jsonl-contenders.ts'
import { sumFiles, sumLines } from '../text-output.ts'

const POOL = 100_000

export const benchCase: BenchCase<readonly object[]> = {
  name: 'jsonl-search-records',
  records: 3_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: (pool, records) => sumLines(cycle(pool, records), (record) => JSON.stringify(record)),
  readOutput: (directory) => sumFiles(directory, '.jsonl'),
  contenders: jsonlContenders,
  subjects: JSONL_SUBJECTS,
  packages: JSONL_PACKAGES,
}
