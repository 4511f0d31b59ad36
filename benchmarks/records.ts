/**
 * Records like those of a parameter search: ten fields, two levels of nesting, doubles of full entropy.
 */
import { makeRandom } from './random.ts'

/** Number of different containers in the records of {@link makeRecords}. */
export const CONTAINERS = 1500

/** A record of {@link makeRecords}. */
export type SearchRecord = ReturnType<typeof makeRecord>

/** Makes `count` distinct records, which depend only on the seed. */
export function makeRecords(count: number, seed = 1): SearchRecord[] {
  const random = makeRandom(seed)
  return Array.from({ length: count }, (_, index) => makeRecord(index, random))
}

function makeRecord(index: number, random: () => number) {
  return {
    /** The same for all records. */
    phase: 'parameter_optimization',
    /** One of {@link CONTAINERS} ids, in turn. */
    container: `container_${String(index % CONTAINERS).padStart(4, '0')}`,
    /** ISO 8601; each record is one second after the record before. */
    timestamp: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
    /** The parameters that were tried. */
    parameters: {
      /** Integer from 5 to 254. */
      lookback: 5 + Math.floor(random() * 250),
      /** Number from 0 to 1. */
      threshold: random(),
      /** `bull` or `bear`. */
      regime: random() < 0.5 ? 'bull' : 'bear',
    },
    /** What the parameters gave. */
    result: {
      /** The metrics that are aggregated. */
      metrics: {
        /** Number from -2 to 4. */
        sharpe_ratio: random() * 6 - 2,
        /** Fraction from -0.5 to 1.5. */
        total_return: random() * 2 - 0.5,
        /** Fraction from 0 to 0.6. */
        max_drawdown: random() * 0.6,
      },
      /** Integer from 0 to 999. */
      signals_generated: Math.floor(random() * 1000),
    },
  }
}

/** Yields the records of `pool` repeatedly, in order, until there are `count`. */
export function* cycle<T>(pool: readonly T[], count: number): Generator<T, void, undefined> {
  for (let left = count; left > 0; left -= pool.length) yield* left < pool.length ? pool.slice(0, left) : pool
}

/** The records of {@link cycle} in arrays of `size` records. The last one may be shorter. */
export function* batches<T>(pool: readonly T[], count: number, size: number): Generator<T[], void, undefined> {
  for (let at = 0; at < count; at += size) {
    const [start, length] = [at % pool.length, Math.min(size, count - at)]
    let batch = pool.slice(start, start + length)
    while (batch.length < length) batch = batch.concat(pool.slice(0, length - batch.length))
    yield batch
  }
}
