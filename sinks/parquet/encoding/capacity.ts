/**
 * How the buffers of an open row group grow: by doubling while they are small, then by a quarter, so that appending
 * costs constant time on average and large buffers stay close to what they hold.
 */

/** Elements from which on a buffer grows by a quarter. */
const LARGE_CAPACITY = 1024 * 1024

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
  const grown = capacity < LARGE_CAPACITY ? capacity * 2 : Math.floor(capacity * 1.25)
  return Math.min(Math.max(grown, needed, LEAST_CAPACITY), MOST_CAPACITY)
}
