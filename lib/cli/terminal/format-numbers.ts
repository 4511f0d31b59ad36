/**
 * Figures as people read them.
 */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A count with its thousands set apart: `1,234,567`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** A number of things: `1 record`, `2,000 records`. */
export function quantityText(count: number, thing: string): string {
  return `${countText(count)} ${thing}${count === 1 ? '' : 's'}`
}

/** Bytes in decimal units, three digits at most: `512 B`, `4.1 MB`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit > 0 && value < 99.95 ? value.toFixed(1) : countText(value)} ${UNITS[unit] ?? ''}`
}

/** Seconds: `0.42 s`, `12.3 s`, `3 min 20 s`. */
export function secondsText(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
