/**
 * The ids of a phase's containers on disk, one JSON text a line, in the order of their indices. A resume finds the index
 * of a container by its id, wherever the topology lists it now.
 */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ioError, type ByteTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import { messageOf, quantityText, SpillwayError } from '../core/errors.ts'
import { phaseOf } from './aggregates-log.ts'

const FILE = 'ids.jsonl'

/** Lines of more bytes are written without waiting for the next commit. */
const MAX_PENDING_BYTES = 64 * 1024

/** The part of a log that a commit covers. */
export interface ContainerLogPosition {
  /** Number of containers. */
  readonly count: number
  /** Number of bytes from the start of the file. */
  readonly bytes: number
  /** CRC-32 of these bytes. */
  readonly crc32: number
}

/** The position before the first container. */
export const NO_CONTAINERS: ContainerLogPosition = { count: 0, bytes: 0, crc32: 0 }

/** Writes the log of one phase. Memory: 64 KB of lines. */
export class ContainerLog {
  readonly #path: string
  readonly #openTarget: OpenTarget
  #target: ByteTarget | undefined
  #position: ContainerLogPosition
  #pending: string[] = []
  #pendingBytes = 0
  #writing: Promise<void> = Promise.resolve()

  /**
   * @param directory - the directory of the phase's log
   * @param openTarget - opens the file
   * @param earlier - what an earlier run committed; the file must end there
   */
  constructor(directory: string, openTarget: OpenTarget, earlier = NO_CONTAINERS) {
    this.#path = join(directory, FILE)
    this.#openTarget = openTarget
    this.#position = earlier
  }

  /** Adds the id of the next container. A promise it returns must be awaited before the next one. */
  add(id: string): Promise<void> | undefined {
    const line = `${JSON.stringify(id)}\n`
    const { count, bytes, crc32: before } = this.#position
    const length = Buffer.byteLength(line)
    this.#position = { count: count + 1, bytes: bytes + length, crc32: crc32(line, before) }
    this.#pending.push(line)
    this.#pendingBytes += length
    return this.#pendingBytes < MAX_PENDING_BYTES ? undefined : this.#write()
  }

  /**
   * Makes all ids so far durable.
   *
   * @returns the part of the log with these ids
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async commit(): Promise<ContainerLogPosition> {
    const position = this.#position
    await this.#write()
    await this.#attempt('sync', () => this.#target?.sync() ?? Promise.resolve())
    return position
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {})
    await this.#target?.close()
  }

  /** Writes the lines that wait, after those before them. */
  #write(): Promise<void> {
    const text = this.#pending.join('')
    this.#pending = []
    this.#pendingBytes = 0
    this.#writing = this.#writing.then(async () => {
      if (text === '') return
      const target = (this.#target ??= await this.#attempt('open', () => this.#openTarget(this.#path, 'append')))
      await this.#attempt('write to', () => target.write(Buffer.from(text)))
    })
    return this.#writing
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
 * Cuts a log back to what was committed.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when it is shorter, or missing; `ERR_SPILLWAY_IO`
 */
export async function cutContainerLog(directory: string, { bytes }: ContainerLogPosition): Promise<void> {
  if (bytes === 0) return
  const path = join(directory, FILE)
  try {
    await using file = await open(path, 'r+')
    const { size } = await file.stat()
    if (size < bytes) throw damaged(path, `it has ${quantityText(size, 'byte')}, not ${bytes}`)
    if (size === bytes) return
    await file.truncate(bytes)
    await file.sync()
  } catch (cause) {
    throw cause instanceof SpillwayError ? cause : damaged(path, messageOf(cause), cause)
  }
}

/**
 * The ids, in the order of their indices, after the checksum of all was compared. Memory: one line.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when the file is missing or damaged
 */
export async function* readContainerLog(
  directory: string,
  { count, bytes, crc32: expected }: ContainerLogPosition,
): AsyncGenerator<string, void, undefined> {
  if (bytes === 0) return
  const path = join(directory, FILE)
  try {
    await using file = await open(path)
    const range = { start: 0, end: bytes - 1, autoClose: false } as const
    let sum = 0
    for await (const chunk of file.createReadStream(range)) sum = crc32(chunk as Buffer, sum)
    if (sum !== expected) throw damaged(path, 'it does not match its checksum')
    let ids = 0
    for await (const line of file.readLines(range)) {
      ids += 1
      yield JSON.parse(line) as string
    }
    if (ids !== count) throw damaged(path, `it has ${ids} ids, not ${count}`)
  } catch (cause) {
    throw cause instanceof SpillwayError ? cause : damaged(path, messageOf(cause), cause)
  }
}

function damaged(path: string, reason: string, cause?: unknown): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `The ids of containers in ${path} cannot be read: ${reason}. Restore the file, or run the phase again with --accept-changes ${phaseOf(path)}.`,
    { place: { phase: phaseOf(path), path }, ...(cause !== undefined && { cause }) },
  )
}
