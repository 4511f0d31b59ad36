/**
 * Finds out whether the numbers of a column chunk repeat, and gives each number its index among the distinct ones.
 * Numbers are compared by their bits, so that -0, 0 and every NaN remain distinct.
 */

/** The position of the first occurrence of each distinct value, and the index of each value among the distinct ones. */
export interface Repeats {
  readonly firsts: Uint32Array
  readonly indices: Uint32Array
}

/** Maximum number of distinct values in a dictionary, far below the limit of an index. */
const MAX_DISTINCT = 2 ** 20

/** Chunks with fewer values are not sampled. */
const SAMPLED_FROM = 8192

/** One of this many hashes is in the sample. All values equal to a sampled value are sampled, too. */
const SAMPLE_EVERY = 16

/**
 * Finds repeats. Memory: 12 to 20 bytes for each value of the largest chunk so far. The memory is reused for the next
 * chunk.
 */
export class NumberDictionary {
  /** Slots of a hash table: the index of the distinct value plus 1, or 0 for a free slot. */
  #table = new Uint32Array(0)
  #firsts = new Uint32Array(0)
  #indices = new Uint32Array(0)

  /**
   * Searches `length` values of one or two words each. Undefined when more than half of them, or too many, are
   * distinct. The result is valid until the next call.
   */
  find(words: Uint32Array, wordsPerValue: 1 | 2, length: number): Repeats | undefined {
    if (length >= SAMPLED_FROM && this.#seemsDistinct(words, wordsPerValue, length)) return undefined
    const maxDistinct = Math.min(Math.max(1, length >>> 1), MAX_DISTINCT)
    this.#reserve(length, maxDistinct)
    const [table, firsts, indices] = [this.#table, this.#firsts, this.#indices]
    const shift = Math.clz32(table.length) + 1
    const mask = table.length - 1
    const high = wordsPerValue - 1
    let count = 0
    for (let index = 0; index < length; index++) {
      const low = words[index * wordsPerValue] as number
      const upper = words[index * wordsPerValue + high] as number
      let slot = hashOf(low, upper) >>> shift
      let entry = table[slot] as number
      while (entry !== 0) {
        const first = (firsts[entry - 1] as number) * wordsPerValue
        if (words[first] === low && words[first + high] === upper) break
        slot = (slot + 1) & mask
        entry = table[slot] as number
      }
      if (entry === 0) {
        if (count === maxDistinct) return undefined
        firsts[count] = index
        count += 1
        entry = count
        table[slot] = entry
      }
      indices[index] = entry - 1
    }
    return { firsts: firsts.subarray(0, count), indices: indices.subarray(0, length) }
  }

  /** Estimates from a sample whether more than half of the values are distinct. */
  #seemsDistinct(words: Uint32Array, wordsPerValue: 1 | 2, length: number): boolean {
    const maxSampled = Math.ceil((length / SAMPLE_EVERY) * 2)
    this.#reserve(length, maxSampled)
    const table = this.#table
    const mask = table.length - 1
    const high = wordsPerValue - 1
    let sampled = 0
    let distinct = 0
    for (let index = 0; index < length && distinct < maxSampled; index++) {
      const at = index * wordsPerValue
      const hash = hashOf(words[at] as number, words[at + high] as number)
      if (hash % SAMPLE_EVERY !== 0) continue
      sampled += 1
      // The sample compares only hashes. Two values with the same hash would hardly change the estimate.
      let slot = (hash >>> 4) & mask
      while (table[slot] !== 0 && table[slot] !== hash + 1) slot = (slot + 1) & mask
      if (table[slot] === 0) {
        table[slot] = hash + 1
        distinct += 1
      }
    }
    return distinct * 2 > sampled
  }

  #reserve(length: number, maxDistinct: number): void {
    // At least half of the slots stay free, so that a search ends quickly.
    const slots = 2 ** Math.max(4, 33 - Math.clz32(maxDistinct))
    if (this.#table.length < slots) this.#table = new Uint32Array(slots)
    else this.#table.fill(0)
    if (this.#indices.length < length) {
      this.#indices = new Uint32Array(length)
      this.#firsts = new Uint32Array(Math.max(1, length >>> 1))
    }
  }
}

/** A hash of 32 bits, unsigned. */
function hashOf(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high ^ (high >>> 15), 0x85ebca6b), 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
