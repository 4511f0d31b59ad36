/**
 * What a record costs by how many there are: batches of records through a ResultStreamer into JSON lines. The fewer there
 * are, the more it weighs that each run is a fresh process, whose code has yet to be compiled. With `--records` all
 * numbers change alike.
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
  // Each record of the pool is made text once only: the largest size has a hundred of each.
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
