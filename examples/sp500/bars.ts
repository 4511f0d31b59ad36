/**
 * Daily bars of one market, checked and stored in columns.
 */

/** The bar of one day, with the prices that the rules use. */
export interface Bar {
  /** Day as `2000-01-03`. */
  readonly date: string
  readonly high: number
  readonly low: number
  readonly close: number
}

/** Bars in columns, oldest first, with one entry per day. */
export interface Bars {
  readonly dates: readonly string[]
  readonly highs: Float64Array
  readonly lows: Float64Array
  readonly closes: Float64Array
  readonly years: readonly YearSpan[]
}

/** The days of one calendar year. */
export interface YearSpan {
  readonly year: number
  /** Index of its first day. */
  readonly first: number
  /** Index after its last day. */
  readonly end: number
}

/**
 * Checks bars and stores them in columns.
 *
 * @throws {Error} with the day, if the days are not ascending or a close is not between its low and its high
 */
export function barsFrom(bars: readonly Bar[]): Bars {
  let previous = ''
  for (const bar of bars) {
    if (!/^\d{4}-\d\d-\d\d$/.test(bar.date)) throw invalidBar(bar, 'its date is not of the form 2000-01-03')
    if (bar.date <= previous) throw invalidBar(bar, `it follows that of ${previous}`)
    const ordered = 0 < bar.low && bar.low <= bar.close && bar.close <= bar.high && bar.high < Infinity
    if (!ordered) throw invalidBar(bar, 'its close is not between its low and its high')
    previous = bar.date
  }
  return {
    dates: bars.map(({ date }) => date),
    highs: Float64Array.from(bars, ({ high }) => high),
    lows: Float64Array.from(bars, ({ low }) => low),
    closes: Float64Array.from(bars, ({ close }) => close),
    years: yearSpans(bars),
  }
}

/**
 * The years before `year`, and the years from `year` on.
 *
 * @throws {Error} if one of the two is empty
 */
export function splitYears({ years }: Bars, year: number): Record<'inSample' | 'outOfSample', YearSpan[]> {
  const inSample = years.filter((span) => span.year < year)
  const outOfSample = years.filter((span) => span.year >= year)
  if (inSample.length > 0 && outOfSample.length > 0) return { inSample, outOfSample }
  const range = `${years[0]?.year ?? '?'} to ${years.at(-1)?.year ?? '?'}`
  throw new Error(`Expected a year with bars before it and from it on, got ${year}: the bars are from ${range}`)
}

/**
 * The time at which a day's close is known: 16:00 in New York is 21:00 UTC in winter, and an hour earlier in summer.
 */
export function closingTime(date: string): string {
  return `${date}T21:00:00.000Z`
}

function yearSpans(bars: readonly Bar[]): YearSpan[] {
  const spans: YearSpan[] = []
  let first = 0
  for (const [index, bar] of bars.entries()) {
    const next = bars[index + 1]
    if (next !== undefined && yearOf(next) === yearOf(bar)) continue
    spans.push({ year: yearOf(bar), first, end: index + 1 })
    first = index + 1
  }
  return spans
}

function yearOf(bar: Bar): number {
  return Number(bar.date.slice(0, 4))
}

function invalidBar(bar: Bar, why: string): Error {
  return new Error(`The bar of ${bar.date} is invalid: ${why}. Is the file complete? ${JSON.stringify(bar)}`)
}
