/**
 * Types that are inferred by choice, for values that the type gives back as they were: timestamps for ISO 8601 text,
 * integers for numbers, and lists for arrays.
 */
import { integerOfDate, timestampTypeOf, type TimestampType } from '../values/precise-date.ts'
import { parseDate } from './cells.ts'
import type { ColumnType } from './column-type.ts'

/** Which types are inferred beside those of JavaScript values. */
export interface InferredTypes {
  /** Dates and timestamps, for text. */
  readonly timestamps?: 'text' | 'infer'
  /** Integers, for numbers. */
  readonly integers?: 'double' | 'infer'
  /** Lists, for arrays whose values have one type. */
  readonly lists?: 'list' | 'json'
}

const DAY = /^\d{4}-\d\d-\d\d$/

/** In UTC: a column has neither other zones, nor a time without one. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** The type of column that gives back the day or the instant of a text, with all its digits; undefined if none does. */
export function typeOfText(text: string): 'date' | TimestampType | undefined {
  const isDay = DAY.test(text)
  if (!isDay && !TIMESTAMP.test(text)) return undefined
  const date = parseDate(text)
  // The 31st of February is parsed as a day in March.
  if (date === undefined || !date.toISOString().startsWith(text.slice(0, isDay ? 10 : 19))) return undefined
  if (isDay) return 'date'
  const type = timestampTypeOf(date)
  return integerOfDate(date, type) === undefined ? undefined : type
}

/** Whether an inferred column of `type` gives back a value that fits it. */
export function comesBack(value: unknown, type: ColumnType): boolean {
  if (typeof value !== 'string') return !Object.is(value, -0)
  const own = typeOfText(value)
  return own !== undefined && (own === 'date') === (type === 'date')
}
