/**
 * Single records into batches: BufferingTransform, compared with a Transform that passes on single records and one that
 * makes batches by count only.
 */
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BufferingTransform } from '../../transforms/buffering-transform.ts'
import type { BenchCase, Job } from '../bench-case.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { tallyOf, tallySink } from '../streams/tally-sink.ts'
import { figureOfSearch } from '../tables/figures.ts'
import { readTallies, saveTallies, sumTallies, Tally } from '../tally.ts'

const POOL = 100_000
const BATCH = 1000

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  name: 'buffering',
  records: 2_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: (pool, records) => sumTallies(tallyOf(cycle(pool, records), figureOfSearch)),
  readOutput: readTallies,
  contenders: {
    'pass-through Transform': (pool, job) => through(passing(), pool, job),
    BufferingTransform: (pool, job) => through(new BufferingTransform({ bufferSize: BATCH }), pool, job),
    'batches by hand': (pool, job) => through(batching(), pool, job),
  },
  subjects: ['BufferingTransform'],
}

async function through(stage: Transform, pool: readonly SearchRecord[], job: Job): Promise<void> {
  const tally = new Tally()
  const end = tallySink((record: SearchRecord) => tally.add(figureOfSearch(record)))
  await pipeline(Readable.from(cycle(pool, job.records)), stage, end)
  await saveTallies(job.directory, [tally])
}

function passing(): Transform {
  return new Transform({ objectMode: true, transform: (record, _encoding, callback) => callback(null, record) })
}

/** The simplest batching: it has no limit of bytes or age, and does not detect an object that is written twice. */
function batching(): Transform {
  let batch: unknown[] = []
  return new Transform({
    objectMode: true,
    transform(record, _encoding, callback) {
      batch.push(record)
      if (batch.length === BATCH) {
        this.push(batch)
        batch = []
      }
      callback()
    },
    flush(callback) {
      if (batch.length > 0) this.push(batch)
      callback()
    },
  })
}
