/**
 * The messages of the command line about a conversion: while it runs, and at its end.
 */
import { errnoOf, messageOf } from '../../core/errors.ts'
import type { ConversionPlan } from './conversion-plan.ts'
import type { ConversionStats } from './convert.ts'
import { cutText, escapeText } from '../terminal/escape-text.ts'
import { bytesText, countText, quantityText, secondsText } from '../terminal/format-numbers.ts'
import { hasColumns } from '../../reading/input-formats.ts'

/** The options of the library, and the option of the command that sets each. */
const FLAGS = new Map([
  ['maxLineBytes', '--max-line-bytes'],
  ['maxRecordBytes', '--max-line-bytes'],
  ['maxElementBytes', '--max-line-bytes'],
  ['onExisting', '--overwrite'],
  ['parseJsonl', '--from jsonl'],
  ['path', '--path'],
  ['encoding', '--encoding'],
  ['delimiter', '--delimiter'],
  ['quote', '--quote'],
  ['escape', '--escape'],
  ['comment', '--comment'],
  ['renameDuplicates', '--rename-duplicates'],
])

/** Longer reasons are shortened. */
const MAX_REASON_CHARACTERS = 200

/** The progress line of the terminal. */
export function progressLine(stats: ConversionStats): string {
  const { pass, passSeconds, records, bytesRead, fraction, rejected } = stats
  const parts = [
    ...(pass === 'records' || records > 0 ? [quantityText(records, 'record')] : []),
    ...(bytesRead > 0 ? [`${bytesText(bytesRead)} read`] : []),
    ...(fraction === undefined ? [] : [`${Math.min(100, Math.floor(fraction * 100))}%`]),
    ...(records > 0 && passSeconds > 0 ? [`${countText(records / passSeconds)} records/s`] : []),
    ...(rejected > 0 ? [`${countText(rejected)} rejected`] : []),
  ]
  return `${pass === 'columns' ? 'Finding columns' : 'Converting'}: ${parts.join(', ')}`
}

/** The last line of a completed conversion. */
export function summaryLine({ target }: ConversionPlan, stats: ConversionStats, seconds: number): string {
  const rejected = stats.rejected === 0 ? '' : `, ${countText(stats.rejected)} rejected`
  const sizes = `${bytesText(stats.bytesRead)} read, ${bytesText(stats.bytesWritten)} written`
  return `${quantityText(stats.written, 'record')} written to ${placeText(target)}${rejected} (${sizes}, ${secondsText(seconds)})`
}

/** How many records were written by a conversion that did not complete, or that the old output is there. */
export function partialLine({ target }: ConversionPlan, { written }: ConversionStats, keepsOld: boolean): string {
  if (keepsOld) return `${placeText(target)} was not replaced.`
  if (written === 0) return 'No record was written.'
  return `${quantityText(written, 'record')} ${written === 1 ? 'was' : 'were'} written to ${placeText(target)}.`
}

/** How many records were rejected, the first reason, the dead-letter file, and a hint where one is known. */
export function rejectionLine(plan: ConversionPlan, stats: ConversionStats): string {
  const { rejected, firstRejection } = stats
  const what = `${quantityText(rejected, 'record')} ${rejected === 1 ? 'was' : 'were'} rejected`
  const field =
    firstRejection?.field === undefined
      ? ''
      : `field ${cutText(escapeText(firstRejection.field), MAX_REASON_CHARACTERS)}: `
  const line = firstRejection?.line === undefined ? '' : `line ${firstRejection.line}: `
  const reason = `${rejected === 1 ? '' : 'the first: '}${line}${field}${shorten(firstRejection?.reason ?? '')}`
  const isDrift = firstRejection?.stage === 'encode' && hasColumns(plan.to) && typeof plan.source !== 'string'
  const hint = isDrift
    ? ' The first records of a pipe determine the columns; a file is scanned for its columns first.'
    : ''
  return `${what} (${reason}); see ${escapeText(plan.deadLetterPath)}.${hint}`
}

/** The message of a failure, on one line, with the options of the library named as options of the command. */
export function failureText(error: unknown): string {
  return messageOf(error)
    .replace(/`(\w+)`/g, (quoted, name: string) => FLAGS.get(name) ?? quoted)
    .replaceAll('\n', ' ')
}

/** Whether writing failed because the reader closed the pipe. */
export function isBrokenPipe(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (errnoOf(cause) === 'EPIPE') return true
  return false
}

function placeText(target: ConversionPlan['target']): string {
  return typeof target === 'string' ? escapeText(target) : 'standard output'
}

function shorten(reason: string): string {
  const text = failureText(reason)
  return cutText(text, MAX_REASON_CHARACTERS)
}
