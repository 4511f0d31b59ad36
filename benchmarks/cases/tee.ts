/**
 * The cost of aggregation (three metrics of 1,500 containers), with JSON lines and alone. The records are in batches.
 */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import { AggregationTee } from '../../transforms/aggregation-tee.ts'
import type { BenchCase, Job } from '../bench-case.ts'
import { batches, makeRecords, type SearchRecord } from '../records.ts'
import { checkCount, tallyTee, teeWork } from '../streams/tally-tee.ts'
import { benchCase as searchRecords } from './jsonl-search-records.ts'

const POOL = 100_000
const BATCH = 1000

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  name: 'tee',
  records: 3_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: searchRecords.expectedOutput,
  readOutput: searchRecords.readOutput,
  contenders: { 'JSONL, no tee': withoutTee, 'JSONL, AggregationTee': withTee, 'AggregationTee alone': tallyTee },
  variants: { 'AggregationTee alone': teeWork },
  subjects: ['JSONL, AggregationTee', 'AggregationTee alone'],
}

async function withoutTee(pool: readonly SearchRecord[], { records, directory }: Job): Promise<void> {
  await pipeline(Readable.from(batches(pool, records, BATCH)), sinkIn(directory))
}

async function withTee(pool: readonly SearchRecord[], { records, directory }: Job): Promise<void> {
  const tee = new AggregationTee()
  await pipeline(Readable.from(batches(pool, records, BATCH)), tee, sinkIn(directory))
  checkCount(tee, records)
}

function sinkIn(directory: string): JsonlSink {
  return new JsonlSink({ path: join(directory, 'out.jsonl') })
}
