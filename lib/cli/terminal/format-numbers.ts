/**
 * Figures as people read them.
 */
import prettyBytes from 'pretty-bytes'
import prettyMilliseconds from 'pretty-ms'

export { countText, quantityText } from '../../core/errors.ts'

/** Bytes in decimal units, three digits at most: `512 B`, `4.12 MB`. */
export function bytesText(bytes: number): string {
  return prettyBytes(bytes)
}

/** Seconds as a duration: `420ms`, `12.3s`, `3m 20s`. */
export function secondsText(seconds: number): string {
  return prettyMilliseconds(Math.round(seconds * 1000))
}
