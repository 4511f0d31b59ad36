/**
 * Real flights from a Parquet file: `readParquet`, compared with bare hyparquet, on which it is built.
 */
import type { BenchCase } from '../bench-case.ts'
import { PARQUET_READING_SUBJECTS, parquetReaders } from '../reading/parquet-readers.ts'
import { writeParquet } from '../reading/write-parquet.ts'
import { tallyOf } from '../streams/tally-sink.ts'
import { figureOfFlight } from '../tables/figures.ts'
import { readFlights, type Flight } from '../tables/flights.ts'
import { readTallies, sumTallies } from '../tally.ts'
import type { InputFile } from '../text/write-lines.ts'

export const benchCase: BenchCase<InputFile> = {
  name: 'read-parquet-flights',
  records: 1_000_000,
  prepare: async (records, directory) => writeParquet(directory, await readFlights(records), records),
  expectedOutput: async (_input, records) => sumTallies(tallyOf(await readFlights(records), figureOfFlight)),
  readOutput: readTallies,
  contenders: parquetReaders((row) => figureOfFlight(row as unknown as Flight)),
  subjects: PARQUET_READING_SUBJECTS,
  packages: ['hyparquet', 'vega-datasets'],
}
