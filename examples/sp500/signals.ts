/**
 * Signals: the daily positions of a rule, told by their changes. A rule that trades ten times a year has some two hundred
 * signals in twenty years, in place of five thousand positions.
 */

/** A position taken at the close of a day, and held until the next signal. */
export type Signal = {
  /** Index of the bar. */
  readonly day: number
  /** 1 is long, 0 is out of the market. */
  readonly position: number
}

/** The position of the first day, and every change after it. So there is always one signal, if there are any days. */
export function signalsOf(positions: Uint8Array): Signal[] {
  const signals: Signal[] = []
  let previous: number | undefined
  for (const [day, position] of positions.entries()) {
    if (position !== previous) signals.push({ day, position })
    previous = position
  }
  return signals
}

/** The positions of the first `days` days; out of the market before the first signal. */
export function positionsFrom(signals: readonly Signal[], days: number): Uint8Array {
  const positions = new Uint8Array(days)
  for (const { day, position } of signals) positions.fill(position, day)
  return positions
}
