/**
 * Real flights into JSON lines: flat records with a Date. None of their fields is a metric, so only counts are
 * aggregated.
 */
import type { BenchCase } from '../bench-case.ts'
import { cycle } from '../records.ts'
import { FLIGHTS, readFlights } from '../tables/flights.ts'
import { JSONL_PACKAGES, JSONL_SUBJECTS, jsonlContenders } from '../text/jsonl-contenders.ts'
import { sumFiles, sumLines } from '../text-output.ts'

export const benchCase: BenchCase<readonly object[]> = {
  name: 'jsonl-flights',
  records: FLIGHTS,
  prepare: readFlights,
  expectedOutput: (flights, records) => sumLines(cycle(flights, records), (record) => JSON.stringify(record)),
  readOutput: (directory) => sumFiles(directory, '.jsonl'),
  contenders: jsonlContenders,
  subjects: JSONL_SUBJECTS,
  packages: [...JSONL_PACKAGES, 'vega-datasets'],
}
