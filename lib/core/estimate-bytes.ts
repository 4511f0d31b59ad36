/**
 * A cheap estimate of the memory that a record keeps alive while it waits in a buffer. It errs on the small side
 * for numbers held inline and counts a string's characters once, as V8 stores Latin-1; it exists to bound a
 * buffer, not to bill anybody.
 */

/** What an object, a property or a small value is taken to cost. */
const OBJECT_BYTES = 24
const SLOT_BYTES = 16

/** Deeper levels are not looked at: a sink refuses records nested that deep anyway. */
const MAX_DEPTH = 32

/** {@link estimateBytes} of a record; none for one that throws when it is read, which a sink will reject. */
export function estimateReadable(record: unknown): number {
  try {
    return estimateBytes(record)
  } catch {
    return 0
  }
}

/** The estimated bytes of `value` and all it holds. */
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
    // The usual values are dealt with here: a call for each of them would take as long again.
    if (typeof item === 'number') bytes += SLOT_BYTES
    else if (typeof item === 'string') bytes += SLOT_BYTES + item.length
    else bytes += estimateBytes(item, depth + 1)
  }
  return bytes
}
