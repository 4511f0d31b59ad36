/**
 * Aggregation without a file.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AggregationTee } from '../../transforms/aggregation-tee.ts'
import type { Job, Work } from '../bench-case.ts'
import { batches, cycle, type SearchRecord } from '../records.ts'
import { figureOfSearch } from '../tables/figures.ts'
import { readTallies, saveTallies, sumTallies, Tally } from '../tally.ts'
import { tallyOf, tallySink } from './tally-sink.ts'

const BATCH = 1000

/** The expected output of {@link tallyTee}. */
export const teeWork: Pick<Work<readonly SearchRecord[]>, 'expectedOutput' | 'readOutput'> = {
  expectedOutput: (pool, records) => sumTallies(tallyOf(cycle(pool, records), figureOfSearch)),
  readOutput: readTallies,
}

/** The contender: batches of records through a tee, and its summary at the end. */
export async function tallyTee(pool: readonly SearchRecord[], { records, directory }: Job): Promise<void> {
  const [tee, tally] = [new AggregationTee(), new Tally()]
  const end = tallySink((record: SearchRecord) => tally.add(figureOfSearch(record)))
  await pipeline(Readable.from(batches(pool, records, BATCH)), tee, end)
  checkCount(tee, records)
  await saveTallies(directory, [tally])
}

/** Makes the summary, which is part of the work, and checks that it has counted all records. */
export function checkCount(tee: AggregationTee, records: number): void {
  const counted = Object.values(tee.summary().phases).reduce((sum, { count }) => sum + count, 0)
  if (counted !== records) throw new Error(`The tee counted ${counted} of ${records} records`)
}
