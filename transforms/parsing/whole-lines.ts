/**
 * Splits bytes into blocks of whole lines. An incomplete line is held in a buffer that grows. So a long line takes time
 * in proportion to its length. A line longer than the limit is reported once, and its bytes are not kept.
 */
import { GrowingBuffer } from './growing-buffer.ts'

const NEWLINE = 0x0a

/** Maximum number of bytes of a too long line that are reported: enough for a million characters. */
const MAX_HEAD_BYTES = 4_000_000

/** Receives the lines, in order. */
export interface LineConsumer {
  /** One or more whole lines, each with its newline. The bytes are valid only during the call. */
  lines(block: Buffer): void
  /** The first bytes of a line that is too long. */
  overlong(head: Buffer): void
}

/** Holds at most `maxLineBytes` bytes, in a buffer of at most twice that size. */
export class WholeLines {
  readonly #maxLineBytes: number
  readonly #consumer: LineConsumer
  readonly #held = new GrowingBuffer()
  #skipping = false

  /** @param maxLineBytes - maximum size of a line, without its newline */
  constructor(maxLineBytes: number, consumer: LineConsumer) {
    this.#maxLineBytes = maxLineBytes
    this.#consumer = consumer
  }

  /** Bytes held of an incomplete line. */
  get heldBytes(): number {
    return this.#held.length
  }

  write(bytes: Buffer): void {
    const rest = this.#finishOpenLine(bytes)
    const end = rest.lastIndexOf(NEWLINE) + 1
    if (end > 0) this.#passLines(rest.subarray(0, end))
    if (end < rest.length) this.#hold(rest.subarray(end))
  }

  /** Called at the end of the input. The last line may lack a newline. */
  end(): void {
    if (this.#held.length > 0) this.#passHeld(Buffer.from('\n'))
    this.#skipping = false
  }

  /** Completes the line that earlier bytes began. Returns the bytes after it. */
  #finishOpenLine(bytes: Buffer): Buffer {
    if (!this.#skipping && this.#held.length === 0) return bytes
    const newline = bytes.indexOf(NEWLINE)
    const end = newline === -1 ? bytes.length : newline + 1
    if (this.#skipping) this.#skipping = newline === -1
    else if (newline === -1) this.#hold(bytes)
    else if (this.#held.length + newline > this.#maxLineBytes) this.#refuse(bytes.subarray(0, newline))
    else this.#passHeld(bytes.subarray(0, end))
    return bytes.subarray(end)
  }

  #passHeld(end: Buffer): void {
    this.#held.append(end)
    this.#consumer.lines(this.#held.view())
    this.#held.clear()
  }

  #hold(bytes: Buffer): void {
    if (this.#held.length + bytes.length <= this.#maxLineBytes) {
      this.#held.append(bytes)
      return
    }
    this.#skipping = true
    this.#refuse(bytes)
  }

  #passLines(block: Buffer): void {
    let start = 0
    // If the block fits the limit, each of its lines does, too.
    let from = block.length - 1 > this.#maxLineBytes ? 0 : block.length
    while (from < block.length) {
      const end = block.indexOf(NEWLINE, from)
      if (end - from > this.#maxLineBytes) {
        if (from > start) this.#consumer.lines(block.subarray(start, from))
        this.#refuse(block.subarray(from, end))
        start = end + 1
      }
      from = end + 1
    }
    if (start < block.length) this.#consumer.lines(block.subarray(start))
  }

  #refuse(bytes: Buffer): void {
    const length = Math.min(this.#held.length + bytes.length, this.#maxLineBytes, MAX_HEAD_BYTES)
    const head = Buffer.concat([this.#held.view(), bytes.subarray(0, length)]).subarray(0, length)
    this.#held.clear()
    this.#consumer.overlong(head)
  }
}
