/**
 * The records of a container that has not ended yet: they enter the files all together or not at all.
 */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { openFileTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import { FileSlices } from '../../sinks/files/file-slices.ts'
import { customValue, findRefused, kindOf } from '../../sinks/values/values.ts'
import { SpillwayError } from '../core/errors.ts'
import { estimateBytes } from '../core/estimate-bytes.ts'
import type { ResultRecord } from '../core/record.ts'
import { FramesWriter, readFrames } from '../outputs/frames-file.ts'

/** Bytes of records in memory, by an estimate, before they go to the disk. */
const MEMORY_BYTES = 1024 * 1024

/** Records that no format can hold stay in memory: they are to be rejected as they are. */
const MAX_REFUSED = 10_000

/**
 * Keeps records in order, up to a megabyte in memory and all others in a file. Memory: that, and records that will be
 * rejected, 10,000 at most.
 */
export class ContainerSpool {
  readonly #path: string
  #writer: FramesWriter | undefined
  /** What is in the file: how many frames follow each other, or a record that could not be put there. */
  readonly #entries: (number | ResultRecord)[] = []
  #refused = 0
  #waiting: ResultRecord[] = []
  #waitingBytes = 0

  /** @param directory - where the file goes; it comes into being when it is needed */
  constructor(directory: string) {
    this.#path = join(directory, `${randomBytes(8).toString('hex')}.frames`)
  }

  /**
   * Keeps records. A promise it returns is to be awaited before more are added.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_VALUE` when more than 10,000 records cannot be written
   */
  add(records: readonly ResultRecord[]): Promise<void> | undefined {
    for (const record of records) {
      this.#waiting.push(record)
      this.#waitingBytes += estimateBytes(record)
    }
    return this.#waitingBytes < MEMORY_BYTES ? undefined : this.#spill()
  }

  /** Hands out all records in order, in batches. */
  async *drain(): AsyncGenerator<readonly ResultRecord[], void, undefined> {
    if (this.#writer !== undefined) {
      await this.#writer.finish()
      yield* this.#readBack()
    }
    if (this.#waiting.length > 0) yield this.#waiting
  }

  /** Forgets everything. */
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
        `More than ${MAX_REFUSED} records of one container cannot be written: ${findRefused(record)?.reason ?? ''}. Mend the container, or set \`commit: records\`.`,
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

/** What does not survive the process need not survive a power loss. */
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

/** The value without anything that has a `toJSON`, which would not be there any more after it was read back. */
function plain(value: unknown): unknown {
  const kind = kindOf(value)
  if (kind === 'custom') return plain(customValue(value))
  if (kind === 'array') return (value as unknown[]).map(plain)
  if (kind !== 'object') return value
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, plain(item)]))
}
