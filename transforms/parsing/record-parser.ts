/**
 * The stream that all parsers of this folder share: it takes bytes and emits records, or batches of them. The {@link
 * Decoder} contains what differs by format, and uses no streams. The stream guarantees:
 *
 * - Every record before bad input reaches the reader before the stream fails.
 * - With `onReject`, the handler gets bad input in order and is awaited before more is read.
 * - The decoder gets UTF-8 without a byte order mark, whatever the encoding of the input is.
 */
import { Transform, type TransformCallback } from 'node:stream'
import { destroyOnAbort } from '../../lib/core/interruptible.ts'
import { SpillwayError } from '../../lib/core/errors.ts'
import { abortSignal, callback as callbackCheck, flag, type Checks } from '../../lib/core/options.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import type { Rejection, RejectionHandler } from '../../lib/core/rejection.ts'
import { encodingCheck, InputText } from './input-text.ts'

/** Options of every parser. */
export interface RecordParserOptions {
  /** Emit arrays of up to 1000 records, all from one chunk of input, instead of single records. @default false */
  readonly batches?: boolean
  /**
   * The encoding of bytes without a byte order mark: any that `TextDecoder` has, such as `windows-1252`. A mark of UTF-8
   * or UTF-16 comes first. Bytes that are not valid in it are bad input. @default 'utf-8'
   */
  readonly encoding?: string
  /**
   * Called with input that is not a record, as `{ stage: 'parse', reason, line, record }`. A returned promise is
   * awaited, then parsing continues. Without it, the first such input fails the stream.
   */
  readonly onReject?: RejectionHandler
  /** Called with what may be wrong about input that can be read, such as two delimiters that both fit. */
  readonly onWarning?: (message: string) => void
  /** When it is aborted, the stream is destroyed with an AbortError. */
  readonly signal?: AbortSignal
}

/** Checks of {@link RecordParserOptions}. */
export const recordParserChecks: Checks<RecordParserOptions> = {
  batches: flag,
  encoding: encodingCheck,
  onReject: callbackCheck,
  onWarning: callbackCheck,
  signal: abortSignal,
}

/** Receives the results of a decoder, in input order. */
export interface ParserOutput {
  /** True when the stream is going to fail. The rest of the input is then ignored. */
  readonly failed: boolean
  /** The encoding of the input, for messages. */
  readonly encoding: string
  add(this: void, record: ResultRecord): void
  /**
   * Passes bad input to `onReject`, or fails the stream if there is no handler.
   *
   * @param reason - why it is not a record
   * @param record - the input; text is cut at {@link MAX_REJECTED_CHARACTERS}
   * @param line - line it starts on, counted from 1
   */
  reject(this: void, reason: string, record: unknown, line?: number): void
  /** Reports what may be wrong about input that can be read. */
  warn(this: void, message: string): void
  /** Fails the stream, because the input cannot be read further. */
  fail(this: void, error: SpillwayError): void
}

/** The decoder of a format. It converts bytes, divided into chunks of any size, into records. */
export interface Decoder {
  write(bytes: Buffer, output: ParserOutput): void
  /** Called at the end of the input. */
  end(output: ParserOutput): void
}

/** Maximum number of characters of bad input that are passed to `onReject`. */
const MAX_REJECTED_CHARACTERS = 1_000_000

/** Records of a full batch. */
const BATCH_RECORDS = 1000

/**
 * Large chunks are divided into slices of this size for the decoder. This limits the records that it creates at once.
 */
const SLICE_BYTES = 1024 * 1024

/** Runs a {@link Decoder}. Memory: that of the decoder, and the records of one chunk of input. */
export class RecordParser extends Transform {
  readonly #decoder: Decoder
  readonly #onReject: RejectionHandler | undefined
  readonly #onWarning: ((message: string) => void) | undefined
  readonly #batches: boolean
  readonly #text: InputText
  readonly #output: ParserOutput
  #batch: ResultRecord[] = []
  #rejections: Rejection[] = []
  #error: SpillwayError | null = null
  #whenRead: (() => void) | null = null

  constructor(decoder: Decoder, options: RecordParserOptions) {
    super({
      readableObjectMode: true,
      // A high-water mark counts a batch as one item. About a thousand records wait in both cases.
      readableHighWaterMark: options.batches ? 1 : BATCH_RECORDS,
    })
    this.#decoder = decoder
    this.#onReject = options.onReject
    this.#onWarning = options.onWarning
    this.#batches = options.batches ?? false
    this.#text = new InputText(options.encoding)
    this.#output = this.#makeOutput()
    // Not passed to super(): a signal that is already aborted would destroy the stream before its fields exist.
    destroyOnAbort(this, options.signal)
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
    this.#decode(() => this.#text.decode(chunk))
    this.#settle(callback)
  }

  override _flush(callback: TransformCallback): void {
    this.#decode(() => this.#text.rest())
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
    const text = this.#text
    return {
      get failed() {
        return failed()
      },
      get encoding() {
        return text.encoding
      },
      add: this.#batches ? (record) => this.#addToBatch(record) : (record) => void this.push(record),
      reject: (reason, record, line) => {
        const rejection = makeRejection(reason, record, line)
        if (this.#onReject === undefined) fail(rejectionError(rejection))
        else this.#rejections.push(rejection)
      },
      warn: (message) => this.#onWarning?.(message),
      fail,
    }
  }

  #decode(take: () => Buffer): void {
    let bytes: Buffer
    try {
      bytes = take()
    } catch (error) {
      this.#output.fail(error as SpillwayError)
      return
    }
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
    this.#callOnReject().then(
      () => process.nextTick(() => this.#conclude(callback)),
      (error: unknown) => process.nextTick(callback, error),
    )
  }

  async #callOnReject(): Promise<void> {
    const rejections = this.#rejections
    this.#rejections = []
    for (const rejection of rejections) {
      if (this.destroyed) return
      await this.#onReject?.(rejection)
    }
  }

  /** A failing stream drops items that were not read yet. So the failure waits until everything is read. */
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
    `${place} cannot be read: ${reason}. Correct it, or pass \`onReject\` to handle bad records and continue.`,
    { place: line === undefined ? {} : { line } },
  )
}
