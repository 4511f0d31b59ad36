/**
 * Quantiles in bounded memory, after DDSketch: C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable
 * quantile sketch with relative-error guarantees", PVLDB 12 (2019). Values are counted in buckets. The width of a
 * bucket grows with the magnitude of its values. Positive and negative values have separate buckets. The counts are
 * integers, so the sketch is the same for any order of values and of merging. The sketch computes no logarithms. Each
 * octave is divided into 64 buckets of equal width (the paper's linear interpolation). So a bucket is given by the
 * leading bits of a double.
 *
 * Guarantee: a quantile is within 1 % (exactly 1/128) of the value at that rank. This holds while the magnitudes of one
 * sign span less than 19 decimal orders of magnitude. Beyond that, the smallest magnitudes are not distinguished: they
 * count as a value 19 orders below the largest. Magnitudes below 2.3e-308 count as 0.
 */
import { endianness } from 'node:os'
import { BucketStore } from './bucket-store.ts'
import { expectCount, expectInteger, expectList, expectObject, malformed } from './saved-state.ts'

/** Mantissa bits that distinguish buckets: 64 buckets in an octave. */
const MANTISSA_BITS = 6

/** Bits of the upper word of a double below those. */
const DROPPED_BITS = 20 - MANTISSA_BITS

/** The bucket of the smallest normal double, and the bucket of the largest double. */
const FIRST_BUCKET = 1 << MANTISSA_BITS
const LAST_BUCKET = (0x7ff << MANTISSA_BITS) - 1

/** Maximum number of buckets for each sign: 64 octaves, in at most 64 KB. */
const MAX_BUCKETS = 64 << MANTISSA_BITS

/** A double, and a view of its two 32-bit words. */
const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
const UPPER = endianness() === 'LE' ? 1 : 0

/** A sketch as JSON. */
export interface SavedSketch {
  readonly positive: readonly (readonly [index: number, count: number])[]
  readonly negative: readonly (readonly [index: number, count: number])[]
  readonly zeros: number
}

/** Counts finite values by magnitude. Memory: at most 64 KB for each sign. */
export class QuantileSketch {
  readonly #positive = new BucketStore(MAX_BUCKETS)
  readonly #negative = new BucketStore(MAX_BUCKETS)
  #zeros = 0

  /** Counts a finite value. */
  add(value: number): void {
    double[0] = value
    const upper = words[UPPER] as number
    const bucket = (upper & 0x7fff_ffff) >> DROPPED_BITS
    if (bucket < FIRST_BUCKET) this.#zeros++
    else if (value > 0) this.#positive.add(bucket)
    else this.#negative.add(bucket)
  }

  /** Adds the counts of `other`. */
  merge(other: QuantileSketch): void {
    this.#positive.merge(other.#positive)
    this.#negative.merge(other.#negative)
    this.#zeros += other.#zeros
  }

  /**
   * Estimates the quantiles at `fractions` (ascending, from 0 to 1). For n values, a quantile is the value at the rank
   * `floor(fraction * (n - 1))`, counted from 0 in ascending order. Empty when no value was counted.
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

  /** Restores a sketch. @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
  static fromJSON(saved: unknown): QuantileSketch {
    const { positive, negative, zeros } = expectObject(saved, 'sketch')
    const sketch = new QuantileSketch()
    restore(sketch.#positive, positive)
    restore(sketch.#negative, negative)
    sketch.#zeros = expectCount(zeros, 'zeros')
    return sketch
  }

  /** The middle of every bucket with its count, in ascending order of values. */
  #ascending(): [value: number, count: number][] {
    const buckets: [number, number][] = []
    for (const [index, count] of this.#negative.entries().reverse()) buckets.push([-middleOf(index), count])
    if (this.#zeros > 0) buckets.push([0, this.#zeros])
    for (const [index, count] of this.#positive.entries()) buckets.push([middleOf(index), count])
    return buckets
  }
}

function middleOf(bucket: number): number {
  words[UPPER] = (bucket << DROPPED_BITS) | (1 << (DROPPED_BITS - 1))
  words[1 - UPPER] = 0
  return double[0] as number
}

function restore(store: BucketStore, saved: unknown): void {
  for (const entry of expectList(saved, 'buckets')) {
    const [index, count] = expectList(entry, 'bucket')
    const bucket = expectInteger(index, 'bucket index')
    if (bucket < FIRST_BUCKET || bucket > LAST_BUCKET) throw malformed('bucket index')
    store.add(bucket, expectCount(count, 'bucket count'))
  }
}
