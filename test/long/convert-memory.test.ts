/**
 * `spillway convert` keeps to its memory whatever the number and the size of the records, with a small heap. Needs the
 * build: run it by `npm run test:long`.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import t from 'tap'

const root = join(import.meta.dirname, '../..')
const command = join(root, 'dist/lib/cli/main.js')

/**
 * Loaded first, it tells the peak resident memory of its process, in kilobytes, on the last line of standard error.
 * The kernel's own mark: `maxRSS` counts in the process that was forked to start this one.
 */
const reporter = `data:text/javascript,import { readFileSync, writeSync } from 'node:fs';
process.on('exit', () => {
  const peak = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  writeSync(2, '\\npeak ' + peak);
})`

/** What a conversion may take above an empty process. */
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

/** Peak resident memory of a Node process, in kilobytes. */
function peakOf(args: readonly string[]): number {
  const { status, stderr } = spawnSync(process.execPath, ['--import', reporter, '--max-old-space-size=64', ...args], {
    encoding: 'utf8',
    // Without the loaders of the test runner.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return Number(/peak (\d+)\s*$/.exec(stderr)?.[1])
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
    const empty = peakOf(['--eval', '0'])
    for (const format of ['jsonl', 'csv', 'parquet']) {
      const output = join(dir, `out.${format}`)
      const peak = peakOf([command, 'convert', input, '--to', format, '--out', output, '--quiet'])
      t.ok(peak - empty <= MOST_KB, `${format}: ${peak - empty} KB above ${empty} KB`)
      if (format === 'jsonl') t.equal(await countLines(output), count)
    }
  })
}
