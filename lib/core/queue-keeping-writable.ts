/**
 * A Writable that keeps the chunks it accepted but had not started to write when it is destroyed.
 */
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'

/**
 * The chunks in the queue of a stream, oldest first. Once the stream is destroyed, the chunks that were in it then: its
 * owner writes them, and removes them from this array.
 */
export let queueOf: (stream: QueueKeepingWritable) => unknown[]

/**
 * A Writable that writes files, and whose queue survives its destruction: Node.js drops it, and accepted chunks must not be
 * lost.
 */
export abstract class QueueKeepingWritable extends Writable {
  #kept: unknown[] = []

  override destroy(error?: Error): this {
    if (!this.destroyed) this.#kept = queuedChunks(this)
    return super.destroy(error)
  }

  /** Ends the stream and waits until every file is complete and released. Rejects with what failed the stream. */
  async close(): Promise<void> {
    if (!this.writableEnded && !this.destroyed) this.end()
    await finished(this)
  }

  /** Calls {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  static {
    queueOf = (stream) => (stream.destroyed ? stream.#kept : queuedChunks(stream))
  }
}

/** `writableBuffer` is an undocumented getter of every Writable since Node 9; a test checks that it still exists. */
function queuedChunks(stream: Writable): unknown[] {
  const { writableBuffer } = stream as Writable & { writableBuffer?: readonly ({ chunk: unknown } | null)[] }
  // While Node writes the queue entry by entry, it sets the entries that it has written to null.
  return (writableBuffer ?? []).filter((entry) => entry !== null).map(({ chunk }) => chunk)
}
