/**
 * The aggregates of a phase on disk: a file of lines, each with a checksum and what was aggregated since the line before.
 * Merged, they are the state. A file that has outgrown its state is followed by one that begins with all of it.
 */
import { open, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ioError, type ByteTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import { NumberedNames } from '../../sinks/files/numbered-names.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { messageOf, SpillwayError } from '../core/errors.ts'

/**
 * A file is followed by another one when it is larger than this, and than so many times the state in its first line. A
 * resume reads and merges all its lines, each of which costs more than its bytes do.
 */
const MIN_BYTES = 64 * 1024
const GROWTH = 4

const FILES = new NumberedNames('', 8)

/** Digits of a checksum. */
const SUM_DIGITS = 8

/** How far the lines reach that hold a state. */
export interface AggregatesExtent {
  /** Name of the file, within the directory of the log. */
  readonly file: string
  readonly bytes: number
}

/** Writes a log. */
export class AggregatesLog {
  readonly #directory: string
  readonly #openTarget: OpenTarget
  #target: ByteTarget | undefined
  #file: string
  #bytes = 0
  #stateBytes = 0

  /**
   * @param directory - that of the phase
   * @param earlier - the file that an earlier run has written, which is not gone on with
   */
  constructor(directory: string, openTarget: OpenTarget, earlier?: AggregatesExtent) {
    this.#directory = directory
    this.#openTarget = openTarget
    this.#file = earlier?.file ?? fileName(0)
  }

  /**
   * Writes down what was added since the last call, and makes it durable.
   *
   * @param all - everything so far, what was added included
   * @returns where the state is that holds everything so far
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async write(added: Aggregates, all: Aggregates): Promise<AggregatesExtent> {
    const outgrown = this.#bytes > Math.max(MIN_BYTES, GROWTH * this.#stateBytes)
    if (this.#target !== undefined && !outgrown) return this.#append(added)
    const before = this.#file
    await this.close()
    this.#file = fileName(numberOf(before) + 1)
    this.#bytes = 0
    this.#target = await this.#attempt('open', () => this.#openTarget(this.#path, 'overwrite'))
    const extent = await this.#append(all)
    this.#stateBytes = this.#bytes
    return extent
  }

  /**
   * Removes the files before that of `extent`.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async sweep({ file }: AggregatesExtent): Promise<void> {
    const before = fileName(numberOf(file) - 1)
    await this.#attempt('remove', () => rm(join(this.#directory, before), { force: true }))
  }

  async close(): Promise<void> {
    const target = this.#target
    this.#target = undefined
    await target?.close()
  }

  async #append(state: Aggregates): Promise<AggregatesExtent> {
    const line = lineOf(JSON.stringify(state))
    await this.#attempt('write to', async () => {
      await this.#target?.write(line)
      await this.#target?.sync()
    })
    this.#bytes += line.length
    return { file: this.#file, bytes: this.#bytes }
  }

  get #path(): string {
    return join(this.#directory, this.#file)
  }

  async #attempt<Value>(action: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (cause) {
      throw ioError(action, this.#path, cause)
    }
  }
}

/**
 * Reads a state back.
 *
 * @param directory - that of the phase
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when it is missing or damaged
 */
export async function readAggregates(directory: string, { file, bytes }: AggregatesExtent): Promise<Aggregates> {
  // The name comes from a file.
  const path = join(directory, basename(file))
  let state: Aggregates | undefined
  let read = 0
  try {
    await using handle = await open(path)
    for await (const line of handle.readLines({ end: Math.max(0, bytes - 1), autoClose: false })) {
      const [sum, text] = [line.slice(0, SUM_DIGITS), line.slice(SUM_DIGITS + 1)]
      if (sum !== checksum(text)) throw new Error('a line is not as it was written')
      read += Buffer.byteLength(line) + 1
      const part = Aggregates.fromJSON(JSON.parse(text))
      if (state === undefined) state = part
      else state.merge(part)
    }
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause)
  }
  if (state === undefined || read !== bytes) throw damaged(path, `it has ${read} bytes of ${bytes}`)
  return state
}

function damaged(path: string, reason: string, cause?: unknown): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `The aggregates in ${path} cannot be read: ${reason}. Run the phase again with --accept-changes.`,
    { cause, place: { path } },
  )
}

/** A checksum of eight digits, a space, and the text: put together as bytes, since a state may be large. */
function lineOf(text: string): Buffer {
  const line = Buffer.allocUnsafe(SUM_DIGITS + 1 + Buffer.byteLength(text) + 1)
  line.write(text, SUM_DIGITS + 1)
  line.write(`${checksum(line.subarray(SUM_DIGITS + 1, -1))} `, 0)
  line.write('\n', line.length - 1)
  return line
}

function checksum(text: string | Uint8Array): string {
  return crc32(text).toString(16).padStart(SUM_DIGITS, '0')
}

function fileName(number: number): string {
  return FILES.make(number, 'jsonl')
}

function numberOf(file: string): number {
  return FILES.parse(file) ?? 0
}
