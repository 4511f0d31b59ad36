/**
 * The aggregates of a phase on disk: a file of checked lines. Each line has the aggregates of the records since the line
 * before; all lines merged are the state. When a file grows too large, a new one starts with the whole state.
 */
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CheckedLines, readCheckedLines } from '../../sinks/files/checked-lines.ts'
import { ioError, type ByteTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import { NumberedNames } from '../../sinks/files/numbered-names.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { messageOf, quantityText, SpillwayError } from '../core/errors.ts'
import { decodeName } from '../core/names.ts'

/**
 * A new file starts when the current one is larger than both `MIN_BYTES` and `GROWTH` times its first line. The first
 * line is a whole state. A resume reads and merges all lines, and merging a line takes longer than reading it.
 */
const MIN_BYTES = 64 * 1024
const GROWTH = 4

const FILES = new NumberedNames('', 8)

/** The lines of the log that contain a state: the first bytes of a file. */
export interface LogPosition {
  /** Name of the file in the directory of the log. */
  readonly file: string
  /** Number of bytes from the start of the file. */
  readonly bytes: number
}

/** Writes the log of one phase. */
export class AggregatesLog {
  readonly #directory: string
  readonly #openTarget: OpenTarget
  #target: ByteTarget | undefined
  #lines = new CheckedLines()
  #file: string
  #bytes = 0
  #stateBytes = 0

  /**
   * @param directory - the directory of the phase's log
   * @param openTarget - opens the files
   * @param earlier - the last file of an earlier run; the log continues in a new file
   */
  constructor(directory: string, openTarget: OpenTarget, earlier?: LogPosition) {
    this.#directory = directory
    this.#openTarget = openTarget
    this.#file = earlier?.file ?? fileName(0)
  }

  /**
   * Writes the aggregates of the records since the last call, and makes them durable.
   *
   * @param added - the aggregates of the records since the last call
   * @param all - the aggregates of all records so far, including `added`
   * @returns the part of the log that contains all records so far
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async write(added: Aggregates, all: Aggregates): Promise<LogPosition> {
    const outgrown = this.#bytes > Math.max(MIN_BYTES, GROWTH * this.#stateBytes)
    if (this.#target !== undefined && !outgrown) return this.#append(added)
    const before = this.#file
    await this.close()
    this.#file = fileName(numberOf(before) + 1)
    this.#bytes = 0
    this.#lines = new CheckedLines()
    this.#target = await this.#attempt('open', () => this.#openTarget(this.#path, 'overwrite'))
    const position = await this.#append(all)
    this.#stateBytes = this.#bytes
    return position
  }

  /**
   * Removes the file before the file of that position.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async sweep({ file }: LogPosition): Promise<void> {
    const before = fileName(numberOf(file) - 1)
    await this.#attempt('remove', () => rm(join(this.#directory, before), { force: true }))
  }

  async close(): Promise<void> {
    const target = this.#target
    this.#target = undefined
    await target?.close()
  }

  async #append(state: Aggregates): Promise<LogPosition> {
    const line = Buffer.from(this.#lines.make(JSON.stringify(state)))
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
 * Reads a state. Memory: the state and one line.
 *
 * @param directory - the directory of the phase's log
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when the file is missing or damaged
 */
export async function readAggregates(directory: string, { file, bytes }: LogPosition): Promise<Aggregates> {
  // The name was read from the journal, so it must not lead out of the directory.
  const path = join(directory, basename(file))
  let state: Aggregates | undefined
  let read = 0
  try {
    for await (const { json, byteLength, isIntact } of readCheckedLines(path, bytes)) {
      if (!isIntact) throw new Error('a line does not match its checksum')
      read += byteLength
      const part = Aggregates.fromJSON(JSON.parse(json))
      if (state === undefined) state = part
      else state.merge(part)
    }
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause)
  }
  if (state === undefined || read !== bytes) throw damaged(path, `it has ${quantityText(read, 'byte')}, not ${bytes}`)
  return state
}

function damaged(path: string, reason: string, cause?: unknown): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `The aggregates in ${path} cannot be read: ${reason}. Run the phase again with --accept-changes ${phaseOf(path)}.`,
    { cause, place: { phase: phaseOf(path), path } },
  )
}

/** The phase of a file in the journal's directory of a phase, for messages. */
export function phaseOf(path: string): string {
  const name = basename(dirname(path))
  return decodeName(name) ?? name
}

function fileName(number: number): string {
  return FILES.make(number, 'jsonl')
}

function numberOf(file: string): number {
  return FILES.parse(file) ?? 0
}
