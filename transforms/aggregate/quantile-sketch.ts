/**
 * Quantiles in bounded memory, after DDSketch: C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and
 * fully-mergeable quantile sketch with relative-error guarantees", PVLDB 12 (2019). Values are counted in buckets
 * whose bounds grow geometrically, positive and negative ones apart; as the counts are integers, the sketch is the
 * same for any order of values and of merging.
 *
 * Guarantee: a quantile is within 1 % of the value at that rank, as long as the magnitudes of one sign span less than
 * 17 decimal orders of magnitude. Beyond that the smallest magnitudes are told apart no more: they are taken for a
 * value 17 orders below the largest.
 */
import { BucketStore } from './bucket-store.ts'
import { expectCount, expectInteger, expectList, expectObject, malformed } from './saved-state.ts'

/** The relative error of a quantile. */
export const RELATIVE_ERROR = 0.01

/** Buckets kept for each sign: 2048 of them span a factor of 6e17, in at most 32 KB. */
const MAX_BUCKETS = 2048

const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LOG_GROWTH = Math.log(GROWTH)
const BUCKETS_PER_LOG = 1 / LOG_GROWTH
/** Where the middle of a bucket lies below its upper bound, so that both its bounds are 1 % off. */
const MIDDLE = 2 / (1 + GROWTH)
/** No double lies in a bucket beyond. */
const LAST_BUCKET = Math.ceil(745.2 * BUCKETS_PER_LOG)

/** A sketch as JSON. */
export interface SavedSketch {
  readonly positive: readonly (readonly [index: number, count: number])[]
  readonly negative: readonly (readonly [index: number, count: number])[]
  readonly zeros: number
}

/** Counts of finite values by magnitude. */
export class QuantileSketch {
  readonly #positive = new BucketStore(MAX_BUCKETS)
  readonly #negative = new BucketStore(MAX_BUCKETS)
  #zeros = 0

  /** Counts a finite value. */
  add(value: number): void {
    if (value > 0) this.#positive.add(Math.ceil(Math.log(value) * BUCKETS_PER_LOG))
    else if (value < 0) this.#negative.add(Math.ceil(Math.log(-value) * BUCKETS_PER_LOG))
    else this.#zeros++
  }

  /** Adds all that `other` has counted. */
  merge(other: QuantileSketch): void {
    this.#positive.merge(other.#positive)
    this.#negative.merge(other.#negative)
    this.#zeros += other.#zeros
  }

  /**
   * Estimates of the quantiles at `fractions` (ascending, from 0 to 1): of n values the one at the rank
   * `floor(fraction * (n - 1))`, counted from 0 in ascending order. Empty when nothing was counted.
   */
  quantiles(fractions: readonly number[]): number[] {
    const buckets = this.#ascending()
    let total = 0
    for (const [, count] of buckets) total += count
    if (total === 0) return []
    let bucket = 0
    let passed = buckets[0]?.[1] ?? 0
    return fractions.map((fraction) => {
      const rank = Math.floor(fraction * (total - 1))
      while (rank >= passed) passed += buckets[++bucket]?.[1] ?? Infinity
      return buckets[bucket]?.[0] ?? NaN
    })
  }

  toJSON(): SavedSketch {
    return { positive: this.#positive.entries(), negative: this.#negative.entries(), zeros: this.#zeros }
  }

  /** @throws {SpillwayError} `ERR_SPILLWAY_INPUT` */
  static fromJSON(saved: unknown): QuantileSketch {
    const { positive, negative, zeros } = expectObject(saved, 'sketch')
    const sketch = new QuantileSketch()
    restore(sketch.#positive, positive)
    restore(sketch.#negative, negative)
    sketch.#zeros = expectCount(zeros, 'zeros')
    return sketch
  }

  /** The middle of every bucket with its count, ascending by value. */
  #ascending(): [value: number, count: number][] {
    const buckets: [number, number][] = []
    for (const [index, count] of this.#negative.entries().reverse()) buckets.push([-middleOf(index), count])
    if (this.#zeros > 0) buckets.push([0, this.#zeros])
    for (const [index, count] of this.#positive.entries()) buckets.push([middleOf(index), count])
    return buckets
  }
}

function middleOf(index: number): number {
  return MIDDLE * Math.exp(index * LOG_GROWTH)
}

function restore(store: BucketStore, saved: unknown): void {
  for (const entry of expectList(saved, 'buckets')) {
    const [index, count] = expectList(entry, 'bucket')
    const bucket = expectInteger(index, 'bucket index')
    if (Math.abs(bucket) > LAST_BUCKET) throw malformed('bucket index')
    store.add(bucket, expectCount(count, 'bucket count'))
  }
}
