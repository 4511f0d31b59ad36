/**
 * The writers of JSON lines that a case compares. The first one does the minimum of work. All of them write the same
 * bytes.
 */
import { closeSync, createWriteStream, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { SonicBoom as SonicBoomClass } from 'sonic-boom'
import type StringerStream from 'stream-chain/jsonl/stringerStream.js'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import type { Contender, ContenderLoader, Job } from '../bench-case.ts'
import { batches, cycle } from '../records.ts'

/** Packages whose versions are reported. */
export const JSONL_PACKAGES = ['sonic-boom', 'stream-chain'] as const

const CHUNK = 256 * 1024
const BATCH = 1000

type PoolContenders = Readonly<Record<string, Contender<readonly object[]> | ContenderLoader<readonly object[]>>>

/** The contenders under test. */
export const JSONL_SUBJECTS = [
  'writeResult',
  'pipeline()',
  'writeResult, no aggregation',
  'pipeline(), no aggregation',
  'JsonlSink, batches',
] as const

/** The contenders. Their input is a pool of records, which is repeated. */
export const jsonlContenders: PoolContenders = {
  'bare loop': bareLoop,
  writeResult: (pool, job) => byWriteResult(pool, job, true),
  'pipeline()': (pool, job) => byPipeline(pool, job, true),
  'writeResult, no aggregation': (pool, job) => byWriteResult(pool, job, false),
  'pipeline(), no aggregation': (pool, job) => byPipeline(pool, job, false),
  'JsonlSink, batches': (pool, job) =>
    pipeline(Readable.from(batches(pool, job.records, BATCH)), new JsonlSink({ path: pathIn(job) })),
  'naive streams': naive,
  'sonic-boom': { load: async () => bySonicBoom((await import('sonic-boom')).default.SonicBoom) },
  'stream-chain': {
    load: async () => byStreamChain((await import('stream-chain/jsonl/stringerStream.js')).default),
  },
}

/** `JSON.stringify` of each record, joined to chunks, with synchronous writes. */
function bareLoop(pool: readonly object[], job: Job): void {
  const file = openSync(pathIn(job), 'w')
  let text = ''
  for (const record of cycle(pool, job.records)) {
    text += `${JSON.stringify(record)}\n`
    if (text.length >= CHUNK) {
      writeSync(file, text)
      text = ''
    }
  }
  writeSync(file, text)
  closeSync(file)
}

async function byWriteResult(pool: readonly object[], job: Job, aggregation: boolean): Promise<void> {
  const streamer = makeStreamer(job, aggregation)
  for (const record of cycle(pool, job.records)) {
    const queued = streamer.writeResult(record)
    if (streamer.writableNeedDrain) await queued
  }
  await streamer.close()
}

async function byPipeline(pool: readonly object[], job: Job, aggregation: boolean): Promise<void> {
  await pipeline(Readable.from(cycle(pool, job.records)), makeStreamer(job, aggregation))
}

function makeStreamer({ directory }: Job, aggregation: boolean): ResultStreamer {
  return new ResultStreamer({ workflowId: 'bench', outputDir: directory, format: 'jsonl', aggregation })
}

/** The simplest pipeline of streams. */
async function naive(pool: readonly object[], job: Job): Promise<void> {
  const stringify = new Transform({
    writableObjectMode: true,
    transform: (record, _encoding, callback) => callback(null, `${JSON.stringify(record)}\n`),
  })
  await pipeline(Readable.from(cycle(pool, job.records)), stringify, createWriteStream(pathIn(job)))
}

function bySonicBoom(SonicBoom: typeof SonicBoomClass): Contender<readonly object[]> {
  return async (pool, job) => {
    const boom = new SonicBoom({ dest: pathIn(job), minLength: 4096, sync: false })
    for (const record of cycle(pool, job.records)) {
      if (!boom.write(`${JSON.stringify(record)}\n`)) await new Promise((resolve) => boom.once('drain', resolve))
    }
    await new Promise<void>((resolve, reject) => {
      boom.once('close', resolve)
      boom.once('error', reject)
      boom.end()
    })
  }
}

function byStreamChain(stringer: typeof StringerStream): Contender<readonly object[]> {
  return async (pool, job) => {
    const target = createWriteStream(pathIn(job))
    await pipeline(Readable.from(cycle(pool, job.records)), stringer({ suffix: '\n' }), target)
  }
}

function pathIn({ directory }: Job): string {
  return join(directory, 'part.jsonl')
}
