/**
 * Finds out whether the numbers of a column chunk repeat, by their bits (so that -0, 0 and every NaN stay what they
 * are), and gives each its index among the distinct ones.
 */

/** Where each distinct value stands first, and the index of each value among the distinct ones. */
export interface Repeats {
  readonly firsts: Uint32Array
  readonly indices: Uint32Array
}

/** The most distinct values of a dictionary, far below what an index can count. */
const MOST_DISTINCT = 2 ** 20

/** Chunks of fewer values are not sampled. */
const SAMPLED_FROM = 8192

/** Of so many hashes one is in the sample. The equal values of a sampled one are sampled too, wherever they stand. */
const SAMPLE_EVERY = 16

/** Looks for repeats. Memory: 12 to 20 bytes for each value of the largest chunk so far, used again for the next one. */
export class NumberDictionary {
  /** Slots of a hash table: one more than the index of the distinct value there, 0 when free. */
  #table = new Uint32Array(0)
  #firsts = new Uint32Array(0)
  #indices = new Uint32Array(0)

  /**
   * Looks at `length` values of one or two words each. Undefined when more than half of them are distinct, or too
   * many. The result holds until the next call.
   */
  find(words: Uint32Array, wordsPerValue: 1 | 2, length: number): Repeats | undefined {
    if (length >= SAMPLED_FROM && this.#seemsDistinct(words, wordsPerValue, length)) return undefined
    const mostDistinct = Math.min(Math.max(1, length >>> 1), MOST_DISTINCT)
    this.#reserve(length, mostDistinct)
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
        if (count === mostDistinct) return undefined
        firsts[count] = index
        count += 1
        entry = count
        table[slot] = entry
      }
      indices[index] = entry - 1
    }
    return { firsts: firsts.subarray(0, count), indices: indices.subarray(0, length) }
  }

  /** Estimates whether more than half of the values are distinct, from a sample of them. */
  #seemsDistinct(words: Uint32Array, wordsPerValue: 1 | 2, length: number): boolean {
    const mostSampled = Math.ceil((length / SAMPLE_EVERY) * 2)
    this.#reserve(length, mostSampled)
    const table = this.#table
    const mask = table.length - 1
    const high = wordsPerValue - 1
    let sampled = 0
    let distinct = 0
    for (let index = 0; index < length && distinct < mostSampled; index++) {
      const at = index * wordsPerValue
      const hash = hashOf(words[at] as number, words[at + high] as number)
      if (hash % SAMPLE_EVERY !== 0) continue
      sampled += 1
      // Hashes stand for their values here: two values of one hash would hardly change the estimate.
      let slot = (hash >>> 4) & mask
      while (table[slot] !== 0 && table[slot] !== hash + 1) slot = (slot + 1) & mask
      if (table[slot] === 0) {
        table[slot] = hash + 1
        distinct += 1
      }
    }
    return distinct * 2 > sampled
  }

  #reserve(length: number, mostDistinct: number): void {
    // Half of the slots stay free at least, so that a search ends soon.
    const slots = 2 ** Math.max(4, 33 - Math.clz32(mostDistinct))
    if (this.#table.length < slots) this.#table = new Uint32Array(slots)
    else this.#table.fill(0)
    if (this.#indices.length < length) {
      this.#indices = new Uint32Array(length)
      this.#firsts = new Uint32Array(Math.max(1, length >>> 1))
    }
  }
}

/** 32 bits, unsigned. */
function hashOf(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high ^ (high >>> 15), 0x85ebca6b), 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
