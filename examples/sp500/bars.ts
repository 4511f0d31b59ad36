/**
 * Daily bars of one market, checked and put into columns.
 */

/** One day; prices that no rule looks at are left out. */
export interface Bar {
  /** Day as `2000-01-03`. */
  readonly date: string
  readonly high: number
  readonly low: number
  readonly close: number
}

/** Bars in columns, oldest first, one entry a day in each. */
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
  /** Index behind its last day. */
  readonly end: number
}

/**
 * Puts bars into columns.
 *
 * @throws {Error} naming the day, if the days do not ascend or a close is not between its low and its high
 */
export function barsFrom(bars: readonly Bar[]): Bars {
  let previous = ''
  for (const bar of bars) {
    if (!/^\d{4}-\d\d-\d\d$/.test(bar.date)) throw impossible(bar, 'its date is not of the form 2000-01-03')
    if (bar.date <= previous) throw impossible(bar, `it follows that of ${previous}`)
    const ordered = 0 < bar.low && bar.low <= bar.close && bar.close <= bar.high && bar.high < Infinity
    if (!ordered) throw impossible(bar, 'its close is not between its low and its high')
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
 * The years before `year`, and those from it on.
 *
 * @throws {Error} when there are none on one side
 */
export function splitYears({ years }: Bars, year: number): Record<'inSample' | 'outOfSample', YearSpan[]> {
  const inSample = years.filter((span) => span.year < year)
  const outOfSample = years.filter((span) => span.year >= year)
  if (inSample.length > 0 && outOfSample.length > 0) return { inSample, outOfSample }
  const held = `${years[0]?.year ?? '?'} to ${years.at(-1)?.year ?? '?'}`
  throw new Error(`Expected a year with bars before it and from it on, got ${year}: the bars are those of ${held}`)
}

/** When a day's close is known: 16:00 in New York is 21:00 UTC in winter, and an hour earlier in summer. */
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

function impossible(bar: Bar, why: string): Error {
  return new Error(`The bar of ${bar.date} cannot be right: ${why}. Is the file complete? ${JSON.stringify(bar)}`)
}
