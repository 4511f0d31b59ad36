/**
 * How the buffers of an open row group grow: by doubling, so that appending costs constant time on average.
 */

/** Elements of a buffer when it first grows. */
const LEAST_CAPACITY = 64

/** The most elements a buffer may have: offsets into it are kept in 32 bits. */
const MOST_CAPACITY = 2 ** 32 - 1

/**
 * The next capacity of a buffer that must hold `needed` elements and now has room for fewer.
 *
 * @throws {RangeError} when no buffer can be as large
 */
export function grownCapacity(capacity: number, needed: number): number {
  if (needed > MOST_CAPACITY) {
    throw new RangeError(`a row group holds at most ${MOST_CAPACITY} bytes of a column: end it earlier`)
  }
  return Math.min(Math.max(capacity * 2, needed, LEAST_CAPACITY), MOST_CAPACITY)
}
