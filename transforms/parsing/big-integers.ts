/**
 * Parses JSON text without losing digits: integers beyond 2^53 become bigint. Everything else is parsed as `JSON.parse`
 * does. A fast check skips text that cannot contain such an integer.
 */

/** Sixteen consecutive digits where a JSON number can start: 2^53 has sixteen digits. */
const MAYBE_UNSAFE = /[:,[\s-]\d{16}/

/** An escape, a quote, or a number literal. The quotes show whether a number is inside a string. */
const TOKEN = /\\.|"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** A JSON integer literal: no fraction, no exponent, no leading zero. */
const INTEGER = /^-?(?:0|[1-9]\d*)$/

/**
 * Letters that are not hexadecimal digits and not the `u` of an escape. So resolving escapes never creates or removes a
 * marker.
 */
const MARK_LETTERS = 'ghijklmnopqrstvwxyz'

/** Number of digits of 2^53. */
const UNSAFE_DIGITS = 16

const DOT = 0x2e
const QUOTE = 0x22

/**
 * Whether JSON text may contain an integer beyond 2^53. This is so if it has sixteen consecutive digits that are
 * neither a fraction nor the start of a string. Such a run always includes a byte at a multiple of sixteen. So only
 * these bytes, and the runs around them, are checked.
 *
 * @param bytes - one or several JSON texts in UTF-8
 */
export function mayHoldBigInteger(bytes: Buffer): boolean {
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
 * Like `JSON.parse`, but integers that a number cannot represent exactly become bigint. Keys, strings and all other
 * numbers are unchanged. A `__proto__` key is an own property.
 *
 * @throws {SyntaxError} as `JSON.parse` does
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return MAYBE_UNSAFE.test(text) ? parseMarked(text, value) : value
}

/**
 * The value of a JSON number literal: a bigint if it is an integer beyond 2^53.
 *
 * @param literal - a valid JSON number literal
 */
export function exactNumber(literal: string): number | bigint {
  const number = Number(literal)
  return Number.isSafeInteger(number) || literal.length < 16 || !INTEGER.test(literal) ? number : BigInt(literal)
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
