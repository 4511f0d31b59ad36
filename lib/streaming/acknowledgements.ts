/**
 * Acknowledgements that wait for their records. All that come for one phase within a short delay are answered by one
 * marker, so that an acknowledgement of each record does not mean a write for each.
 */
import { makeDeferred, type Deferred } from '../core/deferred.ts'
import { SpillwayError } from '../core/errors.ts'
import { makeMarker, type AckLevel, type Marker } from '../core/marker.ts'
import { isRecord, NOT_A_RECORD } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'

/** How far `writeResult` waits: in the stream, in the file, on the disk. */
export type Ack = 'queued' | AckLevel

interface Request {
  level: AckLevel
  readonly answered: Deferred<void>
  readonly timer: NodeJS.Timeout
}

/** What acknowledgements need of their streamer. */
interface AcknowledgementsOptions {
  /** Longest time a request waits for others of its phase. */
  readonly delayMs: number
  /** The dead-letter file, which the errors name. */
  readonly deadLetterPath: string
  /** Sends a marker behind the records written so far. */
  readonly send: (marker: Marker) => void
}

/** Collects acknowledgements and turns them into markers. */
export class Acknowledgements {
  readonly #options: AcknowledgementsOptions
  readonly #requests = new Map<string, Request>()
  /** Records whose acknowledgement is awaited, and why those that were rejected were. */
  readonly #rejections = new WeakMap<object, Rejection | null>()

  constructor(options: AcknowledgementsOptions) {
    this.#options = options
  }

  /** Remembers a record before it is written, so that {@link noteRejection} finds it. */
  expect(record: object): void {
    if (isRecord(record)) this.#rejections.set(record, null)
  }

  /** Notes why a record was rejected, if its acknowledgement is awaited. */
  noteRejection(rejection: Rejection): void {
    const { record } = rejection
    if (isRecord(record) && this.#rejections.has(record)) this.#rejections.set(record, rejection)
  }

  /**
   * Resolves when a record that was written to `phase` has reached `level`.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when it was rejected; the failure of the stream
   */
  async wait(record: object, phase: string, level: AckLevel): Promise<void> {
    await this.#request(phase, level)
    const rejection = rejectionOf(record) ?? this.#rejections.get(record) ?? null
    if (rejection !== null) throw rejectedError(rejection, this.#options.deadLetterPath)
  }

  /** Sends all markers now. */
  sendAll(): void {
    for (const phase of [...this.#requests.keys()]) this.#answer(phase)
  }

  #request(phase: string, level: AckLevel): Promise<void> {
    const waiting = this.#requests.get(phase)
    if (waiting !== undefined) {
      if (level === 'durable') waiting.level = level
      return waiting.answered.promise
    }
    const timer = setTimeout(() => {
      this.#answer(phase)
    }, this.#options.delayMs)
    const request: Request = { level, answered: makeDeferred(), timer }
    this.#requests.set(phase, request)
    return request.answered.promise
  }

  #answer(phase: string): void {
    const request = this.#requests.get(phase)
    if (request === undefined) return
    this.#requests.delete(phase)
    clearTimeout(request.timer)
    const marker = makeMarker(request.level, { phase })
    marker.receipt.then(() => {
      request.answered.resolve()
    }, request.answered.reject)
    this.#options.send(marker)
  }
}

/** What is not a record is always rejected; an array is a batch. */
function rejectionOf(record: unknown): Rejection | undefined {
  if (isRecord(record) || Array.isArray(record)) return undefined
  return { stage: 'route', reason: NOT_A_RECORD, record }
}

function rejectedError({ field, phase, reason }: Rejection, path: string): SpillwayError {
  const place = { ...(phase !== undefined && { phase }), ...(field !== undefined && { field }) }
  const where = field === undefined ? '' : `, field ${field}`
  return new SpillwayError('ERR_SPILLWAY_VALUE', `The record was rejected${where}: ${reason}. It is kept in ${path}.`, {
    place,
  })
}
