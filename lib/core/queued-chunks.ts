/**
 * What a Writable was given but had not begun to write when it was destroyed.
 */
import type { Writable } from 'node:stream'

/**
 * The chunks in the queue of `stream`, oldest first. Node drops them when a stream is destroyed; a stream that
 * promises to lose nothing it accepted takes them over first, in its `destroy`. `writableBuffer` is a getter of every
 * Writable of Node since version 9 that its documentation leaves out; a test watches that it stays.
 */
export function queuedChunks(stream: Writable): unknown[] {
  const { writableBuffer } = stream as Writable & { writableBuffer?: readonly ({ chunk: unknown } | null)[] }
  // While Node hands the queue over, entry by entry, it leaves null where it has been.
  return (writableBuffer ?? []).filter((entry) => entry !== null).map(({ chunk }) => chunk)
}
