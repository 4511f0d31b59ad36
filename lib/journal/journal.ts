/**
 * Writes the journal of a run: JSON lines with checksums, in the order of the calls. Committed lines survive a power
 * loss. The journal consists of segments. Each segment starts with the state from the segments before, so that a resume
 * reads only the last one. Its header has the checksum of the line before it.
 */
import { join } from 'node:path'
import { CheckedLines } from '../../sinks/files/checked-lines.ts'
import { ioError, type ByteTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import { NumberedNames } from '../../sinks/files/numbered-names.ts'
import { SpillwayError } from '../core/errors.ts'
import { packageVersion } from '../core/package-version.ts'
import { JOURNAL_FORMAT, type JournalEntry } from './entries.ts'
import type { RunState } from './run-state.ts'

/** The directory of the journal in the run directory. */
export const JOURNAL_DIRECTORY = 'journal'

const SEGMENTS = new NumberedNames('', 8)
const EXTENSION = 'jsonl'

/**
 * A new segment starts when the current one is larger than both `MIN_BYTES` and `GROWTH` times the lines it repeats. So
 * the time of a resume does not grow with the duration of the run. Only a small part is written twice.
 */
const MIN_BYTES = 256 * 1024
const GROWTH = 4

/** The place and the state of a journal that is opened. */
interface JournalPlace {
  /** The run directory. */
  readonly directory: string
  readonly openTarget: OpenTarget
  /** The state of the run from earlier entries; the journal updates it. */
  readonly state: RunState
}

/**
 * An open journal. The first failed write is kept, and every later {@link commit} and {@link settle} rejects with it.
 */
export class Journal {
  readonly #place: JournalPlace
  #target: ByteTarget | undefined
  #lines: CheckedLines | undefined
  #bytes = 0
  #repeatedBytes = 0
  #queue: Promise<void> = Promise.resolve()
  #sync: Promise<void> | undefined
  #failure: Error | undefined

  private constructor(place: JournalPlace) {
    this.#place = place
  }

  /**
   * Starts a new segment: the first one of a new run, or the next one of a resumed run.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_EXISTS`
   */
  static async open(place: JournalPlace): Promise<Journal> {
    const journal = new Journal(place)
    try {
      await journal.#beginSegment()
    } catch (error) {
      await journal.#target?.close().catch(() => {})
      throw error
    }
    return journal
  }

  /** The state of the run after all entries so far. */
  get state(): RunState {
    return this.#place.state
  }

  /** Adds an entry. It is queued when this returns; {@link settle} and {@link commit} report a failed write. */
  append(entry: JournalEntry): void {
    this.state.note(entry)
    // A sync that is queued already does not cover this line, so the next commit must queue a new one.
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
   * Makes all lines so far durable. Calls that arrive while a sync is queued share that sync.
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

  /** Commits, then closes the file even if the commit fails. */
  async close(): Promise<void> {
    try {
      await this.commit()
    } finally {
      await this.#target?.close().catch(() => {})
    }
  }

  /** Continues in a new file, which starts with the whole state. */
  async #beginSegment(): Promise<void> {
    const { openTarget, state } = this.#place
    // The new segment does not repeat the entries about part files, and refers to the last line of the old one.
    await this.#target?.sync()
    await this.#target?.close()
    state.segment += 1
    const after = this.#lines?.sum ?? state.lastSum
    this.#target = undefined
    this.#lines = new CheckedLines()
    const path = this.#path
    try {
      this.#target = await openTarget(path, 'create')
      const repeated = state.entries
      this.#bytes = 0
      const at = new Date().toISOString()
      const { workflowId } = state
      await this.#write([
        {
          type: 'header',
          format: JOURNAL_FORMAT,
          spillway: packageVersion(),
          workflowId,
          at,
          after,
          repeated: repeated.length,
        },
        ...repeated,
      ])
      this.#repeatedBytes = this.#bytes
      await this.#target.sync()
    } catch (cause) {
      throw ioError('begin', path, cause)
    }
  }

  async #write(entries: readonly JournalEntry[]): Promise<void> {
    const lines = Buffer.from(entries.map((entry) => this.#lines?.make(JSON.stringify(entry))).join(''))
    await this.#target?.write(lines)
    this.#bytes += lines.length
  }

  get #path(): string {
    const { directory, state } = this.#place
    return join(directory, JOURNAL_DIRECTORY, segmentName(state.segment))
  }

  /**
   * Runs work in sequence. After a failed write nothing more is written: a reader could not read the lines after it.
   */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#failure !== undefined) return
      try {
        await work()
      } catch (cause) {
        this.#failure = cause instanceof SpillwayError ? cause : ioError('write to', this.#path, cause)
      }
    })
    return this.#queue
  }
}

/** The file name of a segment; segments are numbered from 1. */
export function segmentName(number: number): string {
  return SEGMENTS.make(number, EXTENSION)
}

/** The number in the name of a segment; undefined for another name. */
export function segmentNumber(name: string): number | undefined {
  return SEGMENTS.parse(name, EXTENSION)
}
