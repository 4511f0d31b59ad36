/**
 * The chunks that a Writable accepted but had not started to write when it was destroyed.
 */
import type { Writable } from 'node:stream'

/**
 * The chunks in the queue of `stream`, oldest first. Node drops them when a stream is destroyed. A stream that must not
 * lose accepted chunks reads them in its `destroy`, before Node drops them. `writableBuffer` is an undocumented getter
 * of every Writable since Node 9; a test checks that it still exists.
 */
export function queuedChunks(stream: Writable): unknown[] {
  const { writableBuffer } = stream as Writable & { writableBuffer?: readonly ({ chunk: unknown } | null)[] }
  // While Node writes the queue entry by entry, it sets the entries that it has written to null.
  return (writableBuffer ?? []).filter((entry) => entry !== null).map(({ chunk }) => chunk)
}
