/**
 * Stores the records of a container until it ends, so that all of them enter the result files, or none.
 */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { openFileTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import { FileSlices } from '../../sinks/files/file-slices.ts'
import { customValue, findRefused, kindOf } from '../../sinks/values/values.ts'
import { SpillwayError } from '../core/errors.ts'
import { estimateReadable } from '../core/estimate-bytes.ts'
import type { ResultRecord } from '../core/record.ts'
import { FramesWriter, readFrames } from '../outputs/frames-file.ts'

/** Estimated bytes of records in memory; above it they move to the disk. */
const MEMORY_BYTES = 1024 * 1024

/** Limit of records that no format can store. They stay in memory, because they must be rejected unchanged. */
const MAX_REFUSED = 10_000

/**
 * Stores records in order: up to 1 MB in memory, all others in a file. Memory: 1 MB, and up to 10,000 records that will
 * be rejected.
 */
export class ContainerSpool {
  readonly #path: string
  #writer: FramesWriter | undefined
  /** The order of the records: a number of consecutive frames in the file, or a record that cannot be serialized. */
  readonly #entries: (number | ResultRecord)[] = []
  #refused = 0
  #waiting: ResultRecord[] = []
  #waitingBytes = 0

  /** @param directory - the directory of the file, which is created when it is needed */
  constructor(directory: string) {
    this.#path = join(directory, `${randomBytes(8).toString('hex')}.frames`)
  }

  /**
   * Adds records. If it returns a promise, await it before adding more.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_VALUE` when more than 10,000 records cannot be written
   */
  add(records: readonly ResultRecord[]): Promise<void> | undefined {
    for (const record of records) {
      this.#waiting.push(record)
      this.#waitingBytes += estimateReadable(record)
    }
    return this.#waitingBytes < MEMORY_BYTES ? undefined : this.#spill()
  }

  /** Yields all records in order, in batches. */
  async *drain(): AsyncGenerator<readonly ResultRecord[], void, undefined> {
    if (this.#writer !== undefined) {
      await this.#writer.finish()
      yield* this.#readBack()
    }
    if (this.#waiting.length > 0) yield this.#waiting
  }

  /** Drops all records and removes the file. */
  async discard(): Promise<void> {
    this.#waiting = []
    if (this.#writer === undefined) return
    await this.#writer.abandon()
    await rm(this.#path, { force: true })
  }

  async #spill(): Promise<void> {
    const records = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    this.#writer ??= new FramesWriter({ path: this.#path, openTarget: openUnsynced })
    for (let from = 0; from < records.length;) {
      let to = from
      while (to < records.length && findRefused(records[to]) === undefined) to++
      if (to > from) {
        await this.#writer.write(serialize(records.slice(from, to).map(plain)))
        this.#noteFrame()
      }
      if (to < records.length) this.#keepRefused(records[to] as ResultRecord)
      from = to + 1
    }
  }

  #noteFrame(): void {
    const last = this.#entries.at(-1)
    if (typeof last === 'number') this.#entries[this.#entries.length - 1] = last + 1
    else this.#entries.push(1)
  }

  #keepRefused(record: ResultRecord): void {
    this.#refused += 1
    if (this.#refused > MAX_REFUSED) {
      throw new SpillwayError(
        'ERR_SPILLWAY_VALUE',
        `More than ${MAX_REFUSED} records of one container cannot be written: ${findRefused(record)?.reason ?? ''}. Fix the container, or set \`commit: records\`.`,
      )
    }
    this.#entries.push(record)
  }

  async *#readBack(): AsyncGenerator<readonly ResultRecord[], void, undefined> {
    const file = await FileSlices.open(this.#path)
    try {
      const frames = readFrames(file, this.#path)
      for (const entry of this.#entries) {
        if (typeof entry !== 'number') {
          yield [entry]
          continue
        }
        for (let frame = 0; frame < entry; frame++) {
          const next = await frames.next()
          if (next.done === true) return
          yield deserialize(next.value) as ResultRecord[]
        }
      }
    } finally {
      await file.close()
    }
  }
}

/** Opens a file without sync: the file is not needed after the process has ended, so it need not be durable. */
const openUnsynced: OpenTarget = async (path, mode) => {
  const target = await openFileTarget(path, mode)
  return {
    initialBytes: target.initialBytes,
    write: (bytes) => target.write(bytes),
    sync: async () => {},
    truncate: (bytes) => target.truncate(bytes),
    close: () => target.close(),
  }
}

/** The value with each `toJSON` applied: serialization does not keep methods. */
function plain(value: unknown): unknown {
  const kind = kindOf(value)
  if (kind === 'custom') return plain(customValue(value))
  if (kind === 'array') return (value as unknown[]).map(plain)
  if (kind !== 'object') return value
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, plain(item)]))
}
