/**
 * Processes that are killed while they write a Parquet file, and the repair of that file.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { readParquet } from '../../sinks/readers/read-parquet.ts'
import { repairParquet } from '../../sinks/readers/repair-parquet.ts'
import { nodeArgs } from './node-process.ts'
import { untilFile } from './until-file.ts'

const library = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)

/** Record number `n`. Its bytes never look like the end of a footer. */
export function recordOf(n: number): Record<string, unknown> {
  return { n, root: Math.sqrt(n), even: n % 2 === 0, name: n % 7 === 0 ? null : `record number ${n}` }
}

/**
 * Writes records endlessly. Requests a checkpoint after every few thousand, and prints each completed one. Exits when
 * its standard input is closed.
 */
const WRITING = `
import { once } from 'node:events'
import { Marker, markerBatch, ParquetSink } from ${library}
import { recordOf } from ${JSON.stringify(import.meta.url)}
process.stdin.resume().on('end', () => process.exit())
const sink = new ParquetSink({ path: process.argv[2], rowGroupRows: 2000, compression: process.argv[3] })
for (let n = 0; ; n++) {
  if (!sink.write(recordOf(n))) await once(sink, 'drain')
  if (n % 5000 !== 4999) continue
  const marker = new Marker('written')
  sink.write(markerBatch(marker))
  const { rows, offsetBytes } = await marker.receipt
  console.log(rows + ' ' + offsetBytes)
}
`

/** The result of the kills. */
export interface Kills {
  /** Footers in the file with the most footers. */
  readonly mostFooters: number
  /** Files that did not end with a footer. */
  readonly torn: number
}

/**
 * Kills one process after the other by SIGKILL, each when its file has grown to a size by chance, small ones first, and
 * expects of each file that its repair leaves exactly the records up to the last footer in it.
 *
 * @param maxBytes - the largest size at which a process is killed
 */
export async function expectRepairs(t: Test, rounds: number, maxBytes: number): Promise<Kills> {
  const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 2 ** 31)
  t.comment(`To repeat these kills: KILL_SEED=${seed}`)
  const random = randomOf(seed)
  const script = join(t.testdir(), 'writing.mts')
  writeFileSync(script, WRITING)
  let mostFooters = 0
  let torn = 0
  for (let round = 0; round < rounds; round++) {
    const path = join(t.testdirName, `${round}.parquet`)
    const bytes = Math.ceil(((round + random()) / rounds) * maxBytes)
    const reported = await writeAndKill(script, [path, round % 2 === 0 ? 'none' : 'snappy'], bytes)
    const { footers, isTorn } = await expectRepair(t, path, reported)
    mostFooters = Math.max(mostFooters, footers)
    torn += isTorn ? 1 : 0
  }
  return { mostFooters, torn }
}

/** The rows and bytes of a file at the last checkpoint that its process printed. */
interface Reported {
  readonly rows: number
  readonly bytes: number
}

async function writeAndKill(script: string, [path, compression]: [string, string], bytes: number): Promise<Reported> {
  const child = spawn(process.execPath, [...nodeArgs, script, path, compression], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const output = text(child.stdout)
  const closed = once(child, 'close')
  try {
    await untilFile(path, () => sizeOf(path) >= bytes, child)
  } finally {
    child.kill('SIGKILL')
  }
  await closed
  if (child.signalCode !== 'SIGKILL') throw new Error(`the process was not killed, it ended with ${child.exitCode}`)
  // The text after the last line end may be incomplete.
  const [rows = 0, offset = 0] = ((await output).split('\n').at(-2) ?? '').split(' ').map(Number)
  return { rows, bytes: offset }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

async function expectRepair(t: Test, path: string, reported: Reported): Promise<{ footers: number; isTorn: boolean }> {
  const before = readFileSync(path)
  const footers = before.toString('latin1').split('PAR1').length - 2
  if (footers === 0) {
    await t.rejects(repairParquet(path), { code: 'ERR_SPILLWAY_INPUT', message: /no complete row group/ })
    t.equal(reported.rows, 0, 'no row was reported')
    t.ok(readFileSync(path).equals(before), 'the file is not changed')
    return { footers, isTorn: true }
  }
  const end = before.lastIndexOf('PAR1') + 4
  const repair = await repairParquet(path)
  t.strictSame(
    { bytes: repair.bytes, removedBytes: repair.removedBytes },
    { bytes: end, removedBytes: before.length - end },
  )
  t.ok(readFileSync(path).equals(before.subarray(0, end)), 'the kept bytes are not changed')
  t.ok(repair.rows >= reported.rows && end >= reported.bytes, `${repair.rows} rows, ${reported.rows} were reported`)
  const rows = (await readParquet(path).toArray()) as Record<string, unknown>[]
  t.equal(rows.length, repair.rows)
  const misfit = rows.findIndex((row, n) => JSON.stringify(row) !== JSON.stringify(recordOf(n)))
  t.equal(misfit, -1, 'the rows are the first records, in order')
  return { footers, isTorn: end < before.length }
}

/** Numbers from 0 up to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 0) / 2 ** 32
  }
}
