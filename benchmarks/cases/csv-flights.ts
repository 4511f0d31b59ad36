/**
 * Real flights into CSV, compared with other CSV writers: flat records with a Date.
 */
import type { BenchCase } from '../bench-case.ts'
import { cycle } from '../records.ts'
import { FLIGHTS, flightTable, readFlights, type Flight } from '../tables/flights.ts'
import { CSV_PACKAGES, CSV_SUBJECTS, csvContenders } from '../text/csv-contenders.ts'
import { sumFiles, sumText } from '../text-output.ts'

export const benchCase: BenchCase<readonly Flight[]> = {
  name: 'csv-flights',
  records: FLIGHTS,
  prepare: readFlights,
  expectedOutput: (flights, records) =>
    sumText(`${Object.keys(flightTable.columns).join(',')}\n`, cycle(flights, records), joinRow),
  readOutput: (directory) => sumFiles(directory, '.csv'),
  contenders: csvContenders(flightTable, joinRow),
  subjects: CSV_SUBJECTS,
  packages: [...CSV_PACKAGES, 'vega-datasets'],
}

function joinRow({ date, delay, distance, origin, destination }: Flight): string {
  return `${date.toISOString()},${delay},${distance},${origin},${destination}\n`
}
