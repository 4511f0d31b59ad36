/**
 * Real flights into each format with each of its compressions: flat records with many repeated values.
 */
import type { BenchCase } from '../bench-case.ts'
import { codecContenders, codecWork } from '../formats/codec-contenders.ts'
import type { Flight } from '../tables/flights.ts'
import { benchCase as csv } from './csv-flights.ts'
import { benchCase as jsonl } from './jsonl-flights.ts'
import { benchCase as parquet } from './parquet-flights.ts'

export const benchCase: BenchCase<readonly Flight[]> = {
  ...codecWork({ jsonl, csv, parquet }),
  name: 'codecs-flights',
  records: 500_000,
  contenders: codecContenders,
  packages: ['vega-datasets'],
}
