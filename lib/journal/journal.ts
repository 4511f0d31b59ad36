/**
 * Writes the journal of a run: JSON lines, appended in the order given. What was committed survives a power loss. It is
 * made of segments, each of which begins with what is known from those before, so that a resume reads the last one only.
 */
import { join } from 'node:path'
import { ioError, type ByteTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import { packageVersion } from '../core/package-version.ts'
import { JOURNAL_FORMAT, type JournalEntry } from './entries.ts'
import type { RunState } from './run-state.ts'

/** The directory of the journal within that of the run. */
export const JOURNAL_DIRECTORY = 'journal'

/**
 * A segment is followed by another one when it is larger than this, and than so many times what it repeats: a resume
 * takes as long to read it after a day as after a minute, and what is written twice stays a small part.
 */
const MIN_BYTES = 256 * 1024
const GROWTH = 4

/** Where a journal goes on. */
interface JournalPlace {
  /** That of the run. */
  readonly directory: string
  readonly openTarget: OpenTarget
  /** What is known of the run. */
  readonly state: RunState
}

/** An open journal. The first failure to write is kept, and met by every later {@link commit}. */
export class Journal {
  readonly #place: JournalPlace
  #target: ByteTarget | undefined
  #bytes = 0
  #repeatedBytes = 0
  #queue: Promise<void> = Promise.resolve()
  #sync: Promise<void> | undefined
  #failure: Error | undefined

  private constructor(place: JournalPlace) {
    this.#place = place
  }

  /**
   * Begins a segment: the first one of a new run, or another one of a run that is resumed.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_EXISTS`
   */
  static async open(place: JournalPlace): Promise<Journal> {
    const journal = new Journal(place)
    await journal.#beginSegment()
    return journal
  }

  /** What is known of the run, with all lines given so far. */
  get state(): RunState {
    return this.#place.state
  }

  /** Adds a line; it is on its way into the file when this returns. */
  append(entry: JournalEntry): void {
    this.state.note(entry)
    // A sync that waits in the queue comes before this line.
    this.#sync = undefined
    void this.#enqueue(async () => {
      await this.#write([entry])
      if (this.#bytes > Math.max(MIN_BYTES, GROWTH * this.#repeatedBytes)) await this.#beginSegment()
    })
  }

  /**
   * Waits until all lines so far are in the file.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async settle(): Promise<void> {
    await this.#queue
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * Makes all lines so far durable. Those who ask while the disk is busy are answered together.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async commit(): Promise<void> {
    this.#sync ??= this.#enqueue(async () => {
      await this.#target?.sync()
    })
    await this.#sync
    await this.settle()
  }

  /** Commits, and releases the file whatever comes of it. */
  async close(): Promise<void> {
    try {
      await this.commit()
    } finally {
      await this.#target?.close().catch(() => {})
    }
  }

  /** Goes on in another file, which holds all that is known. */
  async #beginSegment(): Promise<void> {
    const { openTarget, state } = this.#place
    const before = this.#target
    state.segment += 1
    const path = this.#path
    try {
      this.#target = await openTarget(path, 'create')
    } catch (cause) {
      throw ioError('open', path, cause)
    }
    const repeated = state.entries
    this.#bytes = 0
    const at = new Date().toISOString()
    const { workflowId } = state
    await this.#write([
      { type: 'header', format: JOURNAL_FORMAT, spillway: packageVersion(), workflowId, at, repeated: repeated.length },
      ...repeated,
    ])
    this.#repeatedBytes = this.#bytes
    await this.#target.sync()
    // The next one does not repeat what it tells of the parts.
    await before?.sync()
    await before?.close()
  }

  async #write(entries: readonly JournalEntry[]): Promise<void> {
    const lines = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    await this.#target?.write(lines)
    this.#bytes += lines.length
  }

  get #path(): string {
    const { directory, state } = this.#place
    return join(directory, JOURNAL_DIRECTORY, segmentName(state.segment))
  }

  /** Nothing is written behind a line that failed: what follows would not be readable. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#failure !== undefined) return
      try {
        await work()
      } catch (cause) {
        this.#failure = ioError('write to', this.#path, cause)
      }
    })
    return this.#queue
  }
}

/** The name of a segment, which are numbered from 1. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.jsonl`
}
