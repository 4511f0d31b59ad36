/**
 * Real flights into Parquet, compared with other Parquet writers: flat records, few distinct texts, small integers.
 */
import type { BenchCase } from '../bench-case.ts'
import { FLIGHTS, flightTable, readFlights, sumFlights, type Flight } from '../tables/flights.ts'
import { PARQUET_PACKAGES, PARQUET_SUBJECTS, parquetContenders } from '../parquet/parquet-contenders.ts'
import { readParquetOutput } from '../parquet/read-output.ts'

export const benchCase: BenchCase<readonly Flight[]> = {
  name: 'parquet-flights',
  records: FLIGHTS,
  prepare: readFlights,
  expectedOutput: (_flights, records) => sumFlights(records),
  readOutput: (directory) => readParquetOutput(directory, flightTable),
  contenders: parquetContenders(flightTable),
  subjects: PARQUET_SUBJECTS,
  packages: [...PARQUET_PACKAGES, 'vega-datasets'],
}
