/**
 * Validates saved aggregates: each function returns its argument with the expected type, or throws. Rows of doubles are
 * saved as base64 of their little-endian bytes. So -0, NaN and the last bit of every sum are restored.
 */
import { endianness } from 'node:os'
import { SpillwayError } from '../../lib/core/errors.ts'

/** The error for a saved state in which `what` is missing or malformed. */
export function malformed(what: string, cause?: unknown): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `Cannot restore the aggregates: the ${what} in the saved state is missing or malformed. Aggregate the records again.`,
    cause === undefined ? {} : { cause },
  )
}

export function expectObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what)
  return value as Record<string, unknown>
}

export function expectList(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(what)
  return value
}

export function expectText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what)
  return value
}

export function expectTextOrNull(value: unknown, what: string): string | null {
  return value === null ? null : expectText(value, what)
}

export function expectInteger(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value)) throw malformed(what)
  return value as number
}

/** Expects an integer of at least 0. */
export function expectCount(value: unknown, what: string): number {
  const count = expectInteger(value, what)
  if (count < 0) throw malformed(what)
  return count
}

/** Encodes doubles as text without loss. */
export function encodeDoubles(doubles: Float64Array): string {
  const bytes = Buffer.from(doubles.slice().buffer)
  return (endianness() === 'LE' ? bytes : bytes.swap64()).toString('base64')
}

/**
 * Decodes the result of {@link encodeDoubles}.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT`
 */
export function decodeDoubles(value: unknown, what: string): Float64Array {
  const text = expectText(value, what)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length % 8 !== 0 || text.length !== Math.ceil(bytes.length / 3) * 4) throw malformed(what)
  if (endianness() === 'BE') bytes.swap64()
  return new Float64Array(new Uint8Array(bytes).buffer)
}
