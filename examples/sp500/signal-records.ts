/**
 * Converts signals to the records that the first phase writes, and back for the later phases that read them.
 */
import { closingTime, type Bars } from './bars.ts'
import type { IndicatorCache } from './indicator-cache.ts'
import { positionsOf, type RuleSpec } from './rules.ts'
import { signalsOf, type Signal } from './signals.ts'

/** One signal of one parameter set. */
type SignalRecord = RuleSpec &
  Signal & {
    readonly timestamp: string
    /** The close at which the position is taken. */
    readonly price: number
  }

/** All signals of one parameter set. */
export interface SignalSet {
  /** The id of the parameter set. */
  readonly container: string
  readonly family: string
  readonly params: Readonly<Record<string, number>>
  /** In the order of the days, the first one on day 0. */
  readonly signals: readonly Signal[]
}

/** A record as it is read from any format. Parameters that only other families have are null. */
interface SignalRow extends Signal {
  readonly container: string
  readonly family: string
  readonly params: Readonly<Record<string, number | null>>
}

/** The signals of a parameter set, in the order of the days. */
export function signalRecords(spec: RuleSpec, indicators: IndicatorCache): SignalRecord[] {
  const { bars } = indicators
  return signalsOf(positionsOf(spec, indicators)).map((signal) => signalRecord(spec, signal, bars))
}

function signalRecord(spec: RuleSpec, { day, position }: Signal, { dates, closes }: Bars): SignalRecord {
  const timestamp = closingTime(dates[day] as string)
  return { timestamp, ...spec, day, position, price: closes[day] as number }
}

/**
 * The parameter sets in the order of their records. Memory: one set and one batch.
 *
 * @param batches - signal records; those of a set must be consecutive
 * @throws {Error} for a set that does not begin with its first day
 */
export async function* signalSets(
  batches: AsyncIterable<readonly object[]> | Iterable<readonly object[]>,
): AsyncGenerator<SignalSet> {
  let set: (SignalSet & { readonly signals: Signal[] }) | undefined
  for await (const batch of batches) {
    for (const { container, family, params, day, position } of batch as readonly SignalRow[]) {
      if (set?.container !== container) {
        if (set !== undefined) yield set
        if (day !== 0) throw new Error(`The signals of ${container} begin on day ${day}. Are their records complete?`)
        set = { container, family, params: withoutNulls(params), signals: [] }
      }
      set.signals.push({ day, position })
    }
  }
  if (set !== undefined) yield set
}

function withoutNulls(params: SignalRow['params']): SignalSet['params'] {
  const given = Object.entries(params).filter((entry): entry is [string, number] => entry[1] !== null)
  return Object.fromEntries(given)
}
