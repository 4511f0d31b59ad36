/**
 * The cost of a record by the number of records: batches of records through a ResultStreamer into JSON lines. Each run
 * is a new process whose code is not compiled yet, and with fewer records that cost per record is higher. `--records`
 * scales all numbers of records.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import type { Job } from '../bench-case.ts'
import { batches, cycle } from '../records.ts'
import { sumLines } from '../text-output.ts'
import { benchCase as searchRecords } from './jsonl-search-records.ts'

const BATCH = 1000

const contenders = { '100 k records': write, '10 k records': write, '1 M records': write, '10 M records': write }

export const benchCase: typeof searchRecords = {
  ...searchRecords,
  name: 'jsonl-sizes',
  records: 100_000,
  // Each record of the pool is stringified only once: the largest size repeats each one a hundred times.
  expectedOutput: (pool, records) => {
    const lines = pool.map((record) => JSON.stringify(record))
    return sumLines(cycle(lines, records), (line) => line)
  },
  contenders,
  variants: {
    '10 k records': { records: 10_000 },
    '1 M records': { records: 1_000_000 },
    '10 M records': { records: 10_000_000 },
  },
  subjects: Object.keys(contenders),
  packages: [],
}

async function write(pool: readonly object[], { records, directory }: Job): Promise<void> {
  const streamer = new ResultStreamer({ workflowId: 'bench', outputDir: directory })
  await pipeline(Readable.from(batches(pool, records, BATCH)), streamer)
}
