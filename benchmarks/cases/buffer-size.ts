/**
 * The cost of different values of `bufferSize` in a ResultStreamer: single records into JSON lines, with aggregation.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import type { Contender } from '../bench-case.ts'
import { cycle } from '../records.ts'
import { benchCase as searchRecords } from './jsonl-search-records.ts'

const contenders = {
  'bufferSize 1000': withBufferSize(1000),
  'bufferSize 1': withBufferSize(1),
  'bufferSize 10': withBufferSize(10),
  'bufferSize 100': withBufferSize(100),
  'bufferSize 10000': withBufferSize(10_000),
}

export const benchCase: typeof searchRecords = {
  ...searchRecords,
  name: 'buffer-size',
  records: 500_000,
  contenders,
  subjects: Object.keys(contenders),
  packages: [],
}

function withBufferSize(bufferSize: number): Contender<readonly object[]> {
  return async (pool, { records, directory }) => {
    const streamer = new ResultStreamer({ workflowId: 'bench', outputDir: directory, bufferSize })
    await pipeline(Readable.from(cycle(pool, records)), streamer)
  }
}
