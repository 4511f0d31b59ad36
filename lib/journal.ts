/**
 * Writes the journal of a run: JSON lines, appended in the order given. What was committed survives a power loss.
 */
import { join } from 'node:path'
import { ioError, openFileTarget, type ByteTarget } from '../sinks/file-target.ts'
import { JOURNAL_FORMAT, type JournalEntry } from './journal-entries.ts'
import { packageVersion } from './core/package-version.ts'

/** The directory of the journal within that of the run. */
export const JOURNAL_DIRECTORY = 'journal'

const FIRST_SEGMENT = '00000001.jsonl'

/** An open journal. The first failure to write is kept, and met by every later {@link commit}. */
export class Journal {
  readonly #path: string
  readonly #target: ByteTarget
  #queue: Promise<void> = Promise.resolve()
  #failure: Error | undefined

  private constructor(path: string, target: ByteTarget) {
    this.#path = path
    this.#target = target
  }

  /**
   * Begins the journal of a new run.
   *
   * @param directory - that of the run
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_EXISTS`
   */
  static async create(directory: string, workflowId: string): Promise<Journal> {
    const path = join(directory, JOURNAL_DIRECTORY, FIRST_SEGMENT)
    try {
      const journal = new Journal(path, await openFileTarget(path, 'create'))
      const at = new Date().toISOString()
      journal.append({ type: 'header', format: JOURNAL_FORMAT, spillway: packageVersion(), workflowId, at })
      return journal
    } catch (cause) {
      throw ioError('open', path, cause)
    }
  }

  /** Adds a line; it is on its way into the file when this returns. */
  append(entry: JournalEntry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`)
    this.#enqueue(() => this.#target.write(line))
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
   * Makes all lines so far durable.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async commit(): Promise<void> {
    this.#enqueue(() => this.#target.sync())
    await this.settle()
  }

  /** Commits, and releases the file whatever comes of it. */
  async close(): Promise<void> {
    try {
      await this.commit()
    } finally {
      await this.#target.close().catch(() => {})
    }
  }

  /** Nothing is written behind a line that failed: what follows would not be readable. */
  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#failure !== undefined) return
      try {
        await work()
      } catch (cause) {
        this.#failure = ioError('write to', this.#path, cause)
      }
    })
  }
}
