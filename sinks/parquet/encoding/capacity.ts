/**
 * Growth of the buffers of an open row group. Small buffers double, large buffers grow by a quarter. So an append takes
 * constant time on average, and large buffers waste little memory.
 */

/** Buffers with at least this many elements grow by a quarter. */
const LARGE_CAPACITY = 1024 * 1024

/** Elements of a buffer after its first growth. */
const MIN_CAPACITY = 64

/** Maximum number of elements of a buffer, because offsets are stored in 32 bits. */
const MAX_CAPACITY = 2 ** 32 - 1

/**
 * The next capacity of a buffer that must hold `needed` elements and currently has room for fewer.
 *
 * @throws {RangeError} when no buffer can be that large
 */
export function grownCapacity(capacity: number, needed: number): number {
  if (needed > MAX_CAPACITY) {
    throw new RangeError(`a row group holds at most ${MAX_CAPACITY} bytes of a column: end it earlier`)
  }
  const grown = capacity < LARGE_CAPACITY ? capacity * 2 : Math.floor(capacity * 1.25)
  return Math.min(Math.max(grown, needed, MIN_CAPACITY), MAX_CAPACITY)
}
