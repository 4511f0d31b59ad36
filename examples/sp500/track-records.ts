/**
 * What became of each parameter set over all its years, summed up as the records pass by: some numbers a set, however
 * many years there are.
 */
import type { YearRecord } from './containers.ts'

/** One parameter set over all years seen so far. */
export interface TrackRecord {
  readonly container: string
  /** Product of the yearly growth factors: 2 is a doubling. */
  growth: number
  trades: number
  /** The year with the highest Sharpe ratio, the earlier one of two. */
  best: { year: number; sharpe: number }
  /** Yearly Sharpe ratios before the split. */
  before: Mean
  /** Yearly Sharpe ratios from the split on. */
  since: Mean
}

/** How the set that was best before the split did from then on. */
export interface HoldOut {
  readonly chosen: TrackRecord
  /** Its rank among all sets since the split, from 1. */
  readonly rank: number
  readonly sets: number
}

/** A running mean. */
export class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
  }

  /** 0 when there is nothing to average. */
  get value(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }
}

export class TrackRecords {
  readonly #records = new Map<string, TrackRecord>()
  /** The first year that the choice of the hold-out does not see. */
  readonly splitYear: number

  constructor(splitYear: number) {
    this.splitYear = splitYear
  }

  add({ container, year, result: { metrics } }: YearRecord): void {
    let record = this.#records.get(container)
    if (record === undefined) {
      const best = { year, sharpe: -Infinity }
      record = { container, growth: 1, trades: 0, best, before: new Mean(), since: new Mean() }
      this.#records.set(container, record)
    }
    record.growth *= 1 + metrics.total_return
    record.trades += metrics.trades
    if (metrics.sharpe_ratio > record.best.sharpe) record.best = { year, sharpe: metrics.sharpe_ratio }
    const half = year < this.splitYear ? record.before : record.since
    half.add(metrics.sharpe_ratio)
  }

  /** Parameter sets seen so far. */
  get size(): number {
    return this.#records.size
  }

  of(container: string): TrackRecord | undefined {
    return this.#records.get(container)
  }

  /** Chooses the best set by the years before the split alone and ranks it by the years since. */
  holdOut(): HoldOut | undefined {
    const all = [...this.#records.values()]
    const [first, ...others] = all
    if (first === undefined) return undefined
    const chosen = others.reduce((best, other) => (other.before.value > best.before.value ? other : best), first)
    const better = all.filter(({ since }) => since.value > chosen.since.value)
    return { chosen, rank: better.length + 1, sets: all.length }
  }
}
