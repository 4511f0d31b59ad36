/**
 * The stream that every parser of this folder is: bytes in, records (or batches of them) out. What differs by
 * format is its {@link Decoder}, which knows no streams. It guarantees that
 *
 * - every record before bad input reaches the reader before the stream fails;
 * - with `onReject`, bad input is handed over in order and awaited before more is read;
 * - a UTF-8 byte order mark is dropped.
 */
import { addAbortSignal, Transform, type TransformCallback } from 'node:stream'
import { SpillwayError } from '../../lib/core/errors.ts'
import { abortSignal, callback as callbackCheck, flag, type Checks } from '../../lib/core/options.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import type { Rejection, RejectionHandler } from '../../lib/core/rejection.ts'
import { ByteOrderMark } from './byte-order-mark.ts'

/** Options of every parser. */
export interface RecordParserOptions {
  /** Emit arrays of records, of up to 1000 from one chunk of input, instead of single records. @default false */
  readonly batches?: boolean
  /**
   * Receives input that is no record, as `{ stage: 'parse', reason, line, record }`, and parsing goes on; a
   * promise it returns is awaited. Without it the first such input fails the stream.
   */
  readonly onReject?: RejectionHandler
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal
}

/** Checks of {@link RecordParserOptions}. */
export const recordParserChecks: Checks<RecordParserOptions> = {
  batches: flag,
  onReject: callbackCheck,
  signal: abortSignal,
}

/** Where a decoder puts what it finds, in the order of the input. */
export interface ParserOutput {
  /** Set once the stream is bound to fail: what follows in the input is not wanted any more. */
  readonly failed: boolean
  add(this: void, record: ResultRecord): void
  /**
   * Sets bad input aside, or fails the stream when nobody takes it.
   *
   * @param reason - why it is no record
   * @param record - the input; text is cut at {@link MAX_REJECTED_CHARACTERS}
   * @param line - line it starts on, counted from 1
   */
  reject(this: void, reason: string, record: unknown, line?: number): void
  /** Fails the stream: the input cannot be read on. */
  fail(this: void, error: SpillwayError): void
}

/** A format: turns bytes, cut anywhere, into records. */
export interface Decoder {
  write(bytes: Buffer, output: ParserOutput): void
  /** The input is complete. */
  end(output: ParserOutput): void
}

/** How much text of a piece of bad input is handed over. */
const MAX_REJECTED_CHARACTERS = 1_000_000

/** Records of a full batch. */
const BATCH_RECORDS = 1000

/** A decoder gets large chunks in slices of this size, which bounds what it makes at a time. */
const SLICE_BYTES = 1024 * 1024

/** Hosts a {@link Decoder}. Memory: what the decoder holds, and the records of one chunk of input. */
export class RecordParser extends Transform {
  readonly #decoder: Decoder
  readonly #onReject: RejectionHandler | undefined
  readonly #batches: boolean
  readonly #mark = new ByteOrderMark()
  readonly #output: ParserOutput
  #batch: ResultRecord[] = []
  #rejections: Rejection[] = []
  #error: SpillwayError | null = null
  #whenRead: (() => void) | null = null

  constructor(decoder: Decoder, options: RecordParserOptions) {
    super({
      readableObjectMode: true,
      // A mark counts a batch as one: about a thousand records wait either way.
      readableHighWaterMark: options.batches ? 1 : BATCH_RECORDS,
    })
    this.#decoder = decoder
    this.#onReject = options.onReject
    this.#batches = options.batches ?? false
    this.#output = this.#makeOutput()
    // Given to super(), a signal already aborted would destroy the stream before its fields exist.
    if (options.signal) addAbortSignal(options.signal, this)
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size)
    if (this.#whenRead !== null && this.readableLength === 0) {
      const proceed = this.#whenRead
      this.#whenRead = null
      proceed()
    }
    return chunk
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#decode(this.#mark.strip(chunk))
    this.#settle(callback)
  }

  override _flush(callback: TransformCallback): void {
    this.#decode(this.#mark.rest())
    if (!this.#output.failed) this.#decoder.end(this.#output)
    this.#settle(callback)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#batch = []
    this.#rejections = []
    this.#whenRead = null
    callback(error)
  }

  #makeOutput(): ParserOutput {
    const failed = () => this.#error !== null
    const fail = (error: SpillwayError) => void (this.#error ??= error)
    return {
      get failed() {
        return failed()
      },
      add: this.#batches ? (record) => this.#addToBatch(record) : (record) => void this.push(record),
      reject: (reason, record, line) => {
        const rejection = makeRejection(reason, record, line)
        if (this.#onReject === undefined) fail(rejectionError(rejection))
        else this.#rejections.push(rejection)
      },
      fail,
    }
  }

  #decode(bytes: Buffer): void {
    for (let from = 0; from < bytes.length && !this.#output.failed; from += SLICE_BYTES) {
      this.#decoder.write(bytes.subarray(from, from + SLICE_BYTES), this.#output)
    }
  }

  #addToBatch(record: ResultRecord): void {
    this.#batch.push(record)
    if (this.#batch.length >= BATCH_RECORDS) this.#pushBatch()
  }

  #pushBatch(): void {
    if (this.#batch.length === 0) return
    this.push(this.#batch)
    this.#batch = []
  }

  #settle(callback: TransformCallback): void {
    this.#pushBatch()
    if (this.#rejections.length === 0) {
      this.#conclude(callback)
      return
    }
    this.#handOver().then(
      () => process.nextTick(() => this.#conclude(callback)),
      (error: unknown) => process.nextTick(callback, error),
    )
  }

  async #handOver(): Promise<void> {
    const rejections = this.#rejections
    this.#rejections = []
    for (const rejection of rejections) {
      if (this.destroyed) return
      await this.#onReject?.(rejection)
    }
  }

  /** A failing stream drops what it has not handed out, so the failure waits until everything is read. */
  #conclude(callback: TransformCallback): void {
    const error = this.#error
    if (error === null || this.readableLength === 0) callback(error)
    else this.#whenRead = () => callback(error)
  }
}

function makeRejection(reason: string, record: unknown, line: number | undefined): Rejection {
  const kept = typeof record === 'string' ? record.slice(0, MAX_REJECTED_CHARACTERS) : record
  return { stage: 'parse', reason, record: kept, ...(line !== undefined && { line }) }
}

function rejectionError({ reason, line }: Rejection): SpillwayError {
  const place = line === undefined ? 'The input' : `Line ${line}`
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `${place} cannot be read: ${reason}. Correct it, or pass \`onReject\` to set bad records aside and read on.`,
    { place: line === undefined ? {} : { line } },
  )
}
