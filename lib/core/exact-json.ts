/**
 * Parses JSON text without losing digits: integers beyond 2^53 become bigint, and numbers beyond the range of a double are
 * refused. Everything else is parsed as `JSON.parse` does. A fast check skips text that cannot contain such a number.
 */
import { shortText } from './errors.ts'

/**
 * Where a JSON number can start: sixteen consecutive digits, as 2^53 has, or a number with an exponent of three digits, as
 * those of doubles reach from -324 to 308.
 */
const MAYBE_UNSAFE = /[:,[\s-]\d(?:\d{15}|[\d.]*[eE][-+]?\d{3})/

/** An escape, a quote, or a number literal. The quotes show whether a number is inside a string. */
const TOKEN = /\\.|"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** A JSON integer literal: no fraction, no exponent, no leading zero. */
const INTEGER = /^-?(?:0|[1-9]\d*)$/

/**
 * Letters that are not hexadecimal digits and not the `u` of an escape. So resolving escapes never creates or removes a
 * marker.
 */
const MARK_LETTERS = 'ghijklmnopqrstvwxyz'

/** Length of `1e309`, the shortest literal that no double is near. */
const LEAST_OUT_OF_RANGE = 5

/** Number of digits of 2^53. */
const UNSAFE_DIGITS = 16

const DOT = 0x2e
const QUOTE = 0x22
/** What can be before a number of JSON. */
const BEFORE_NUMBER = new Set<number | undefined>(Buffer.from(':,[ \t\r\n'))
const PLUS = 0x2b
const MINUS = 0x2d

/** A number of JSON that no double is near. */
export class NumberOutOfRange extends Error {
  override readonly name = 'NumberOutOfRange'

  constructor(literal: string) {
    super(`its number ${shortText(literal)} is beyond the range of numbers (write it as text to keep it)`)
  }
}

/** Whether JSON text may contain a number that `JSON.parse` does not parse exactly. */
export function mayLoseDigits(bytes: Buffer): boolean {
  return mayHoldBigInteger(bytes) || mayHoldLongExponent(bytes)
}

/** Whether bytes have an exponent of three digits or more. One of its first three digits is at a multiple of three. */
function mayHoldLongExponent(bytes: Buffer): boolean {
  for (let at = 3; at < bytes.length; at += 3) {
    if (((bytes[at] as number) ^ 0x30) > 9) continue
    for (let before = at - 1; before >= at - 3; before--) {
      const byte = bytes[before] as number
      if (isDigit(byte)) continue
      const letter = byte === PLUS || byte === MINUS ? bytes[before - 1] : byte
      if ((letter === 0x65 || letter === 0x45) && isNumberBefore(bytes, letter === byte ? before : before - 1))
        return true
      break
    }
  }
  return false
}

/** Whether the bytes before `end` are a number, and not a part of text such as a UUID. */
function isNumberBefore(bytes: Buffer, end: number): boolean {
  if (!isDigit(bytes[end - 1])) return false
  let at = end - 2
  while (isDigit(bytes[at]) || bytes[at] === DOT) at--
  if (bytes[at] === MINUS) at--
  return BEFORE_NUMBER.has(bytes[at])
}

/**
 * Whether JSON text may contain an integer beyond 2^53. This is so if it has sixteen consecutive digits that are
 * neither a fraction nor the start of a string. Such a run always includes a byte at a multiple of sixteen. So only
 * these bytes, and the runs around them, are checked.
 *
 * @param bytes - one or several JSON texts in UTF-8
 */
function mayHoldBigInteger(bytes: Buffer): boolean {
  for (let at = UNSAFE_DIGITS - 1; at < bytes.length; at += UNSAFE_DIGITS) {
    if (!isDigit(bytes[at])) continue
    let start = at
    while (isDigit(bytes[start - 1])) start--
    while (isDigit(bytes[at + 1])) at++
    if (at + 1 - start >= UNSAFE_DIGITS && bytes[start - 1] !== DOT && bytes[start - 1] !== QUOTE) return true
  }
  return false
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/**
 * Like `JSON.parse`, but a number beyond the range of doubles is an error, and integers that a number cannot represent exactly become bigint. Keys, strings and all other
 * numbers are unchanged. A `__proto__` key is an own property.
 *
 * @throws {SyntaxError} as `JSON.parse` does
 * @throws {NumberOutOfRange}
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return MAYBE_UNSAFE.test(text) ? parseMarked(text, value) : value
}

/**
 * The value of a JSON number literal: a bigint if it is an integer beyond 2^53.
 *
 * @param literal - a valid JSON number literal
 * @throws {NumberOutOfRange}
 */
export function exactNumber(literal: string): number | bigint {
  const number = Number(literal)
  if (literal.length >= LEAST_OUT_OF_RANGE && isOutOfRange(literal, number)) throw new NumberOutOfRange(literal)
  return Number.isSafeInteger(number) || literal.length < 16 || !INTEGER.test(literal) ? number : BigInt(literal)
}

/** Whether a number became infinite, or zero. Integers do not, as they are bigint. */
function isOutOfRange(literal: string, number: number): boolean {
  if (Number.isFinite(number)) return number === 0 && /^[-0.]*[1-9]/.test(literal)
  return !INTEGER.test(literal)
}

/**
 * Parses valid JSON text in two steps: unsafe integers are replaced by marked strings, then these strings become
 * bigint.
 */
function parseMarked(text: string, plain: unknown): unknown {
  const mark = absentFrom(text)
  let inString = false
  let marked = false
  const markedText = text.replace(TOKEN, (token) => {
    if (token === '"') inString = !inString
    else if (!inString && typeof exactToken(token) === 'bigint') {
      marked = true
      return `"${mark}${token}"`
    }
    return token
  })
  if (!marked) return plain
  return JSON.parse(markedText, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  )
}

function exactToken(token: string): number | bigint | undefined {
  return token.startsWith('\\') ? undefined : exactNumber(token)
}

/** A string that does not occur in any string of `text`, neither directly nor in escapes. */
function absentFrom(text: string): string {
  const unescaped = text.replace(/\\u([0-9a-f]{4})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  let mark: string
  do mark = randomMark()
  while (unescaped.includes(mark))
  return mark
}

function randomMark(): string {
  return Array.from({ length: 12 }, () => MARK_LETTERS[Math.floor(Math.random() * MARK_LETTERS.length)]).join('')
}
