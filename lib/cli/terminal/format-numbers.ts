/**
 * Figures as people read them.
 */
import prettyBytes from 'pretty-bytes'
import prettyMilliseconds from 'pretty-ms'

/** A count with its thousands set apart: `1,234,567`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** A number of things: `1 record`, `2,000 records`. */
export function quantityText(count: number, thing: string): string {
  return `${countText(count)} ${thing}${count === 1 ? '' : 's'}`
}

/** Bytes in decimal units, three digits at most: `512 B`, `4.12 MB`. */
export function bytesText(bytes: number): string {
  return prettyBytes(bytes)
}

/** Seconds as a duration: `420ms`, `12.3s`, `3m 20s`. */
export function secondsText(seconds: number): string {
  return prettyMilliseconds(Math.round(seconds * 1000))
}
