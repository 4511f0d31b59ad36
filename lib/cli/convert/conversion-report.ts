/**
 * What the command line says about a conversion: while it runs, and at its end.
 */
import { errnoOf, messageOf } from '../../core/errors.ts'
import type { ConversionPlan } from './conversion-plan.ts'
import type { ConversionStats } from './convert.ts'
import { bytesText, countText, quantityText, secondsText } from '../terminal/format-numbers.ts'
import { hasColumns } from '../../reading/input-formats.ts'

/** Options of the library by the options of the command that set them. */
const FLAGS = new Map([
  ['maxLineBytes', '--max-line-bytes'],
  ['maxRecordBytes', '--max-line-bytes'],
  ['maxElementBytes', '--max-line-bytes'],
  ['onExisting', '--overwrite'],
])

/** Longest reason shown. */
const MAX_REASON_CHARACTERS = 200

/** The line of the terminal while the work goes on. */
export function progressLine(stats: ConversionStats): string {
  const { pass, passSeconds, records, bytesRead, fraction, rejected } = stats
  const parts = [
    ...(pass === 'records' || records > 0 ? [quantityText(records, 'record')] : []),
    ...(bytesRead > 0 ? [`${bytesText(bytesRead)} read`] : []),
    ...(fraction === undefined ? [] : [`${Math.min(100, Math.floor(fraction * 100))}%`]),
    ...(records > 0 && passSeconds > 0 ? [`${countText(records / passSeconds)} records/s`] : []),
    ...(rejected > 0 ? [`${countText(rejected)} rejected`] : []),
  ]
  return `${pass === 'columns' ? 'Looking for columns' : 'Converting'}: ${parts.join(', ')}`
}

/** The last line of a conversion that went through. */
export function summaryLine({ target }: ConversionPlan, stats: ConversionStats, seconds: number): string {
  const place = typeof target === 'string' ? target : 'standard output'
  const rejected = stats.rejected === 0 ? '' : `, ${countText(stats.rejected)} rejected`
  const sizes = `${bytesText(stats.bytesRead)} read, ${bytesText(stats.bytesWritten)} written`
  return `${quantityText(stats.written, 'record')} written to ${place}${rejected} (${sizes}, ${secondsText(seconds)})`
}

/** How far a conversion came that did not go through. */
export function partialLine({ target }: ConversionPlan, { written }: ConversionStats): string {
  if (written === 0) return 'No record was written.'
  const place = typeof target === 'string' ? target : 'standard output'
  return `${quantityText(written, 'record')} ${written === 1 ? 'was' : 'were'} written to ${place}.`
}

/** What was rejected, why, where it is, and what may help. */
export function rejectionLine(plan: ConversionPlan, stats: ConversionStats): string {
  const { rejected, firstRejection } = stats
  const what = `${quantityText(rejected, 'record')} ${rejected === 1 ? 'was' : 'were'} rejected`
  const field = firstRejection?.field === undefined ? '' : `field ${firstRejection.field}: `
  const line = firstRejection?.line === undefined ? '' : `line ${firstRejection.line}: `
  const reason = `${rejected === 1 ? '' : 'the first: '}${line}${field}${shorten(firstRejection?.reason ?? '')}`
  const isDrift = firstRejection?.stage === 'encode' && hasColumns(plan.to) && typeof plan.source !== 'string'
  const hint = isDrift ? ' The first records of a pipe decide on the columns; a file is looked through first.' : ''
  return `${what} (${reason}); see ${plan.deadLetterPath}.${hint}`
}

/** The message of a failure, in the words of the command line. */
export function failureText(error: unknown): string {
  return messageOf(error)
    .replace(/`(\w+)`/g, (quoted, name: string) => FLAGS.get(name) ?? quoted)
    .replaceAll('\n', ' ')
}

/** Whether writing failed because nobody reads any more. */
export function isBrokenPipe(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (errnoOf(cause) === 'EPIPE') return true
  return false
}

function shorten(reason: string): string {
  const text = failureText(reason)
  return text.length > MAX_REASON_CHARACTERS ? `${text.slice(0, MAX_REASON_CHARACTERS)}...` : text
}
