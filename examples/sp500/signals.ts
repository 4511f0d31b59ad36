/**
 * Signals: the changes of the daily positions of a rule. A rule that trades ten times per year has about two hundred
 * signals in twenty years, but five thousand positions.
 */

/** A position taken at the close of a day, and held until the next signal. */
export type Signal = {
  /** Index of the bar. */
  readonly day: number
  /** 1 is long, 0 is out of the market. */
  readonly position: number
}

/** The position of the first day, and every change after it. Unless there are no days, there is at least one signal. */
export function signalsOf(positions: Uint8Array): Signal[] {
  const signals: Signal[] = []
  let previous: number | undefined
  for (const [day, position] of positions.entries()) {
    if (position !== previous) signals.push({ day, position })
    previous = position
  }
  return signals
}

/** The positions of the first `days` days. Before the first signal they are 0. */
export function positionsFrom(signals: readonly Signal[], days: number): Uint8Array {
  const positions = new Uint8Array(days)
  for (const { day, position } of signals) positions.fill(position, day)
  return positions
}
