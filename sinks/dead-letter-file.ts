/**
 * The file of rejected records, in JSON lines. Each line has the stage, the reason, the place, the record as far as JSON
 * can represent it, and a checksum. The file is created with the first rejection.
 */
import { Readable } from 'node:stream'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, SpillwayError } from '../lib/core/errors.ts'
import { recordRejected } from '../lib/core/diagnostics.ts'
import type { Rejection } from '../lib/core/rejection.ts'
import { toBase64 } from './values/json-text.ts'
import { CheckedLines } from './files/checked-lines.ts'
import { endTornLine } from './files/torn-line.ts'
import { OpenFile } from './files/open-file.ts'
import { ioError, type OpenTarget } from './files/file-target.ts'
import type { OnExisting, ResolvedRecordSinkOptions, SinkPlace } from './options.ts'
import { describeRefused, kindOf, MAX_DEPTH } from './values/values.ts'

/** Returns the dead-letter file of a sink. Undefined when its rejected records go elsewhere. */
export function deadLettersOf({
  deadLetterPath,
  onExisting,
  onReject,
  openTarget,
  place,
}: ResolvedRecordSinkOptions): DeadLetterFile | undefined {
  if (onReject !== undefined) return undefined
  const path = deadLetterPath ?? defaultPathFor(place)
  return path === undefined ? undefined : new DeadLetterFile(path, onExisting, openTarget)
}

/**
 * Fails on a rejection for which there is no dead-letter file.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE`
 */
export function refuseRejection({ field, reason }: Rejection): never {
  throw new SpillwayError(
    'ERR_SPILLWAY_VALUE',
    `A record cannot be written${field === undefined ? '' : `, field ${field}`}: ${reason}. Set \`deadLetterPath\` or \`onReject\` to continue without it.`,
    { place: field === undefined ? {} : { field } },
  )
}

/**
 * A dead-letter file. All sinks of a run share it. Entries are written in the order of the {@link add} calls, one at a
 * time.
 */
export class DeadLetterFile {
  readonly path: string
  readonly #onExisting: OnExisting
  readonly #openTarget: OpenTarget
  readonly #workflowId: string | null
  #lines: CheckedLines | undefined
  #file: OpenFile | undefined
  #queue: Promise<void> = Promise.resolve()
  #count = 0

  /** @param workflowId - the run, for messages of the diagnostics channels */
  constructor(path: string, onExisting: OnExisting, openTarget: OpenTarget, workflowId: string | null = null) {
    this.path = path
    this.#workflowId = workflowId
    this.#onExisting = onExisting
    this.#openTarget = openTarget
  }

  /** Rejections added so far. */
  get count(): number {
    return this.#count
  }

  /**
   * Refuses or removes the dead letters of an earlier run, according to `onExisting`.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_EXISTS`
   */
  async prepare(): Promise<void> {
    try {
      if (this.#onExisting === 'overwrite') await rm(this.path, { force: true })
      else if (this.#onExisting === 'error' && (await exists(this.path))) throw existsError(this.path)
    } catch (cause) {
      throw cause instanceof SpillwayError ? cause : ioError('prepare', this.path, cause)
    }
  }

  /**
   * Adds a rejection. Resolves when its bytes were passed to the file.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  add(rejection: Rejection): Promise<void> {
    this.#count += 1
    const { phase = null } = rejection
    recordRejected.publish({ workflowId: this.#workflowId, path: this.path, ...rejection, phase })
    const text = deadLetterLine(rejection)
    return this.#enqueue(async () => {
      this.#lines ??= await this.#continue()
      this.#file ??= await OpenFile.open(this.path, 'append', this.#openTarget, () => {})
      await this.#file.append(Readable.from([Buffer.from(this.#lines.make(text))]))
    })
  }

  /** Waits until every rejection added so far is written, and durable if `durable` is true. */
  flush(durable: boolean): Promise<void> {
    return this.#enqueue(async () => {
      await (durable ? this.#file?.sync() : this.#file?.settle())
    })
  }

  /** Makes the file durable and closes it. A later rejection opens the file again and appends to it. */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      const file = this.#file
      this.#file = undefined
      await file?.close()
    })
  }

  /** Continues the lines of an earlier run: here, not in {@link prepare}, as the first rejection need not wait for that. */
  async #continue(): Promise<CheckedLines> {
    if (this.#onExisting !== 'append') return new CheckedLines()
    await endTornLine(this.path)
    try {
      return (await exists(this.path)) ? await CheckedLines.continue(this.path) : new CheckedLines()
    } catch (cause) {
      throw ioError('read', this.path, cause)
    }
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => {})
    return done
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return false
    throw cause
  }
}

function existsError(path: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_EXISTS',
    `${path} already holds the dead letters of an earlier run. Remove it, or set \`onExisting\` to 'overwrite' or 'append'.`,
    { place: { path } },
  )
}

/** The text of one entry, without its checksum. Values that JSON cannot represent are described in angle brackets. */
export function deadLetterLine(rejection: Rejection): string {
  const { record, ...place } = rejection
  return JSON.stringify({ ...place, record: describe(() => record, []) })
}

/** The result of `read` in a form that JSON can represent, even if `read` throws. */
function describe(read: () => unknown, ancestors: readonly unknown[]): unknown {
  try {
    return describable(read(), ancestors)
  } catch {
    return '<unreadable>'
  }
}

function describable(value: unknown, ancestors: readonly unknown[]): unknown {
  const kind = kindOf(value)
  switch (kind) {
    case 'number':
      return Number.isFinite(value) ? value : `<${String(value)}>`
    case 'bigint':
      return `<bigint ${String(value)}>`
    case 'bytes':
      return `<bytes ${toBase64(value as Uint8Array)}>`
    case 'refused':
      return `<${describeRefused(value)}>`
    case 'custom':
    case 'array':
    case 'object':
      break
    default:
      return value
  }
  if (ancestors.includes(value)) return '<a cycle>'
  if (ancestors.length > MAX_DEPTH) return '<nested too deeply>'
  const below = [...ancestors, value]
  if (kind === 'array') return (value as unknown[]).map((item) => describable(item, below))
  // The prototype is null, so that a key `__proto__` remains a normal key.
  const shown = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(value as object)) {
    shown[key] = describe(() => (value as Record<string, unknown>)[key], below)
  }
  return shown
}

function defaultPathFor(place: SinkPlace): string | undefined {
  switch (place.kind) {
    case 'path':
      return `${place.path}.dead-letter.jsonl`
    case 'directory':
      return join(place.path, 'dead-letter.jsonl')
    case 'stream':
      return undefined
  }
}
