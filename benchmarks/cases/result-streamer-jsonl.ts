/**
 * Records through a ResultStreamer into JSONL, buffered and aggregated on the way, beside the least that can be done:
 * a bare loop that turns them into text and writes it in chunks of 256 KB.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import type { BenchCase, Job } from '../bench-case.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { sumFiles, sumLines } from '../text-output.ts'

const POOL = 100_000
const CHUNK = 256 * 1024

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  name: 'result-streamer-jsonl',
  records: 1_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: (pool, records) => sumLines(cycle(pool, records), (record) => JSON.stringify(record)),
  readOutput: (directory) => sumFiles(join(directory, 'results'), '.jsonl'),
  contenders: { 'bare loop': bareLoop, writeResult, 'pipeline()': byPipeline },
}

function bareLoop(pool: readonly SearchRecord[], { directory, records }: Job): void {
  mkdirSync(join(directory, 'results'))
  const file = openSync(join(directory, 'results/part.jsonl'), 'w')
  let text = ''
  for (let index = 0; index < records; index++) {
    text += `${JSON.stringify(pool[index % pool.length])}\n`
    if (text.length >= CHUNK) {
      writeSync(file, text)
      text = ''
    }
  }
  writeSync(file, text)
  closeSync(file)
}

async function writeResult(pool: readonly SearchRecord[], job: Job): Promise<void> {
  const streamer = makeStreamer(job)
  for (const record of cycle(pool, job.records)) {
    const queued = streamer.writeResult(record)
    if (streamer.writableNeedDrain) await queued
  }
  await streamer.close()
}

async function byPipeline(pool: readonly SearchRecord[], job: Job): Promise<void> {
  await pipeline(Readable.from(cycle(pool, job.records)), makeStreamer(job))
}

function makeStreamer({ directory }: Job): ResultStreamer {
  return new ResultStreamer({ workflowId: 'bench', outputDir: directory, format: 'jsonl' })
}
