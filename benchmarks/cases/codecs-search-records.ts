/**
 * Nested records into each format with each of its compressions: doubles of full entropy, which hardly compress.
 */
import type { BenchCase } from '../bench-case.ts'
import { codecContenders, codecWork } from '../formats/codec-contenders.ts'
import type { SearchRecord } from '../records.ts'
import { benchCase as csv } from './csv-search-records.ts'
import { benchCase as jsonl } from './jsonl-search-records.ts'
import { benchCase as parquet } from './parquet-search-records.ts'

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  ...codecWork({ jsonl, csv, parquet }),
  name: 'codecs-search-records',
  records: 300_000,
  contenders: codecContenders,
}
