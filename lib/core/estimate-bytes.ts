/**
 * A fast estimate of the memory that a record keeps alive while it is in a buffer. The estimate is low for numbers
 * stored inline. It counts one byte per character of a string, as V8 stores Latin-1. It bounds a buffer; it is not an
 * exact measurement.
 */

/** Assumed size of an object, and of a property or a small value. */
const OBJECT_BYTES = 24
const SLOT_BYTES = 16

/** Deeper levels are not counted, because a sink rejects records nested that deep. */
const MAX_DEPTH = 32

/** The estimated bytes of a record; 0 for a record that throws when it is read, because a sink will reject it. */
export function estimateReadable(record: unknown): number {
  try {
    return estimateBytes(record)
  } catch {
    return 0
  }
}

/** The estimated size in bytes of `value` and of everything it contains. */
export function estimateBytes(value: unknown, depth = 0): number {
  if (typeof value === 'string') return SLOT_BYTES + value.length
  if (typeof value !== 'object' || value === null) return SLOT_BYTES
  if (ArrayBuffer.isView(value)) return OBJECT_BYTES + value.byteLength
  let bytes = OBJECT_BYTES
  if (depth === MAX_DEPTH) return bytes
  if (Array.isArray(value)) {
    for (const item of value) bytes += estimateBytes(item, depth + 1)
    return bytes
  }
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    // Numbers and strings are the usual values. One call for each of them would double the time.
    if (typeof item === 'number') bytes += SLOT_BYTES
    else if (typeof item === 'string') bytes += SLOT_BYTES + item.length
    else bytes += estimateBytes(item, depth + 1)
  }
  return bytes
}
