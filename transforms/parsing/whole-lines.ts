/**
 * Cuts bytes into blocks of whole lines. A line that is not complete yet is held in a buffer that grows, so that
 * a long line costs time in proportion to its length; a line longer than the bound is reported once and its
 * bytes are let go.
 */
import { GrowingBuffer } from './growing-buffer.ts'

const NEWLINE = 0x0a

/** How much of a line that is too long is handed over: enough for a million characters. */
const MAX_HEAD_BYTES = 4_000_000

/** Receives the lines, in order. */
interface LineConsumer {
  /** One or more whole lines, each with its newline. The bytes are valid during the call. */
  lines(block: Buffer): void
  /** The first bytes of a line that is too long. */
  overlong(head: Buffer): void
}

/** Holds at most `maxLineBytes` bytes (in room for twice that). */
export class WholeLines {
  readonly #maxLineBytes: number
  readonly #consumer: LineConsumer
  readonly #held = new GrowingBuffer()
  #skipping = false

  /** @param maxLineBytes - the longest line, its newline not counted */
  constructor(maxLineBytes: number, consumer: LineConsumer) {
    this.#maxLineBytes = maxLineBytes
    this.#consumer = consumer
  }

  /** Bytes held of a line that is not complete. */
  get heldBytes(): number {
    return this.#held.length
  }

  write(bytes: Buffer): void {
    const rest = this.#finishOpenLine(bytes)
    const end = rest.lastIndexOf(NEWLINE) + 1
    if (end > 0) this.#passLines(rest.subarray(0, end))
    if (end < rest.length) this.#hold(rest.subarray(end))
  }

  /** The input is complete: its last line may lack a newline. */
  end(): void {
    if (this.#held.length > 0) this.#passHeld(Buffer.from('\n'))
    this.#skipping = false
  }

  /** Completes the line begun by earlier bytes, and returns the bytes after it. */
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
    // No line of a block that fits the bound can be too long: nothing to look for.
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
