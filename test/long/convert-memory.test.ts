/**
 * The memory of `spillway convert` is bounded for any number and size of records, with a small heap. The test needs the
 * build: run it by `npm run test:long`.
 */
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { peakOf } from '../helpers/peak-memory.ts'

const root = join(import.meta.dirname, '../..')
const command = join(root, 'dist/lib/cli/main.js')
const smallHeap = '--max-old-space-size=64'

/** The most memory of a conversion, above that of an empty process. */
const MOST_KB = 100 * 1024

function* manySmallRecords() {
  for (let i = 0; i < 1_000_000; i++) {
    const metrics = {
      sharpe_ratio: Math.sin(i) * 3,
      total_return: Math.cos(i),
      max_drawdown: -Math.abs(Math.sin(i / 7)),
    }
    const params = { fast: i % 50, slow: i % 200 }
    yield `${JSON.stringify({ phase: 'search', container: `c${i % 1500}`, timestamp: new Date(i * 1000), params, result: { metrics } })}\n`
  }
}

function* fewLargeRecords() {
  for (let i = 0; i < 10_000; i++) {
    yield `${JSON.stringify({ phase: 'search', container: `c${i}`, text: randomBytes(75_000).toString('base64') })}\n`
  }
}

async function countLines(path: string): Promise<number> {
  let lines = 0
  for await (const chunk of createReadStream(path)) {
    for (const byte of chunk as Buffer) if (byte === 0x0a) lines += 1
  }
  return lines
}

for (const [what, records, count] of [
  ['a million records', manySmallRecords, 1_000_000],
  ['10,000 records of 100 KB', fewLargeRecords, 10_000],
] as const) {
  void t.test(`converts ${what} within 100 MB above an empty process`, async (t) => {
    const dir = t.testdir()
    const input = join(dir, 'in.jsonl')
    await pipeline(records, createWriteStream(input))
    const empty = peakOf([smallHeap, '--eval', '0'])
    for (const format of ['jsonl', 'csv', 'parquet']) {
      const output = join(dir, `out.${format}`)
      const peak = peakOf([smallHeap, command, 'convert', input, '--to', format, '--out', output, '--quiet'])
      t.ok(peak - empty <= MOST_KB, `${format}: ${peak - empty} KB above ${empty} KB`)
      if (format === 'jsonl') t.equal(await countLines(output), count)
    }
  })
}
