/**
 * Random damage to Parquet files: each file must be refused, or read as the records that were written.
 */
import { Buffer } from 'node:buffer'
import type { Test } from 'tap'
import { makeRandom } from '../../benchmarks/random.ts'
import { SpillwayError } from '../../lib/core/errors.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import { ParquetSink } from '../../sinks/parquet-sink.ts'
import { readParquet } from '../../sinks/readers/read-parquet.ts'
import { CODEC_NAMES } from '../sinks/parquet/arbitraries.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'

type Random = () => number
type Mutate = (file: Buffer, random: Random) => Buffer

const at = (length: number, random: Random) => Math.floor(random() * length)

/** Kinds of damage: by a bad disk, a bad copy, or an editor. */
const MUTATIONS: Readonly<Record<string, Mutate>> = {
  bit: (file, random) => {
    const place = at(file.length, random)
    file.writeUInt8(file.readUInt8(place) ^ (1 << at(8, random)), place)
    return file
  },
  byte: (file, random) => {
    file.writeUInt8(at(256, random), at(file.length, random))
    return file
  },
  zeros: (file, random) => {
    const place = at(file.length, random)
    return file.fill(0, place, Math.min(file.length, place + 1 + at(64, random)))
  },
  removed: (file, random) => {
    const place = at(file.length, random)
    return Buffer.concat([file.subarray(0, place), file.subarray(place + 1 + at(16, random))])
  },
  inserted: (file, random) => {
    const place = at(file.length, random)
    return Buffer.concat([file.subarray(0, place), Buffer.of(at(256, random)), file.subarray(place)])
  },
  truncated: (file, random) => file.subarray(0, at(file.length, random)),
  repeated: (file, random) => {
    const place = at(file.length, random)
    const length = Math.min(1 + at(64, random), file.length - place)
    return Buffer.concat([file.subarray(0, place + length), file.subarray(place)])
  },
}

/** A file of each codec, with each type, nulls, a dictionary, and several row groups and pages. */
async function writeFiles(directory: string): Promise<Buffer[]> {
  const records = Array.from({ length: 500 }, (_, n) => ({
    n,
    big: BigInt(n) * 2n ** 40n,
    ratio: n / 7,
    even: n % 2 === 0,
    at: new Date(n * 86_400_000),
    name: `name ${n % 5}`,
    text: n % 3 === 0 ? null : `number ${n}`,
    list: [n, n + 1],
    bytes: Buffer.of(n % 256),
  }))
  const files: Buffer[] = []
  for (const compression of CODEC_NAMES) {
    const path = join(directory, `${compression}.parquet`)
    await pipeline(Readable.from(records), new ParquetSink({ path, compression, rowGroupRows: 200 }))
    files.push(readFileSync(path))
  }
  return files
}

/** Damages files that often, and expects that no value changes unseen. */
export async function expectDamageSeen(t: Test, times: number): Promise<void> {
  const seed = Number(process.env['MUTATION_SEED'] ?? Date.now() % 2 ** 31)
  t.comment(`To repeat these mutations: MUTATION_SEED=${seed}`)
  const random = makeRandom(seed)
  const files = await writeFiles(t.testdir())
  const expected = await Promise.all(files.map(async (file) => shown(await read(file))))
  const kinds = Object.entries(MUTATIONS)
  const unseen: string[] = []
  let refused = 0
  for (let time = 0; time < times; time++) {
    const [kind, mutate] = kinds[time % kinds.length] ?? ['', (file: Buffer) => file]
    const index = at(files.length, random)
    const original = files[index] ?? Buffer.alloc(0)
    const damaged = mutate(Buffer.from(original), random)
    try {
      const found = shown(await read(damaged))
      // A file cut at the end of an earlier footer is complete: it is what a crash leaves.
      const isCut = kind === 'truncated' && expected[index]?.startsWith(found.slice(0, -1)) === true
      if (found !== expected[index] && !isCut) unseen.push(`${time}: ${kind} in ${CODEC_NAMES[index]}`)
    } catch (error) {
      refused += 1
      const isPlaced = error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_INPUT'
      if (!isPlaced) unseen.push(`${time}: ${kind}: ${String(error)}`)
    }
  }
  t.strictSame(unseen, [])
  t.ok(refused > times / 2, `${refused} of ${times} were refused`)
}

async function read(file: Buffer): Promise<ResultRecord[]> {
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length)
  return await readParquet({ file: bytes as ArrayBuffer }).toArray()
}

function shown(records: readonly ResultRecord[]): string {
  return JSON.stringify(records, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}
