/**
 * JSON text to values without losing digits: integers beyond 2^53 become bigint, everything else is what
 * `JSON.parse` makes of it. Text that cannot hold such an integer costs one quick look.
 */

/** Sixteen digits in a row where a JSON number can start: 2^53 has sixteen. */
const MAYBE_UNSAFE = /[:,[\s-]\d{16}/

/** An escape, a quote, or a number literal. Quotes tell whether a number stands inside a string. */
const TOKEN = /\\.|"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** A JSON integer literal: no fraction, no exponent, no leading zero. */
const INTEGER = /^-?(?:0|[1-9]\d*)$/

/** Letters that are no hexadecimal digits and not the `u` of an escape, so that unescaping never makes or eats them. */
const MARK_LETTERS = 'ghijklmnopqrstvwxyz'

/** Digits of 2^53. */
const UNSAFE_DIGITS = 16

const DOT = 0x2e
const QUOTE = 0x22

/**
 * Whether JSON text may hold an integer beyond 2^53: whether sixteen digits in a row stand in it that are neither a
 * fraction nor the start of a string. A run that long covers every sixteenth byte at least once, so only those
 * are looked at, and the runs around them.
 *
 * @param bytes - JSON text in UTF-8, or several
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
 * `JSON.parse`, with integers that a number cannot hold exactly as bigint. Keys, strings and all other numbers
 * are untouched; a `__proto__` key is an own property.
 *
 * @throws {SyntaxError} as `JSON.parse` does
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return MAYBE_UNSAFE.test(text) ? parseMarked(text, value) : value
}

/**
 * The number a JSON number literal stands for: a bigint if it is an integer beyond 2^53.
 *
 * @param literal - a valid JSON number literal
 */
export function exactNumber(literal: string): number | bigint {
  const number = Number(literal)
  return Number.isSafeInteger(number) || literal.length < 16 || !INTEGER.test(literal) ? number : BigInt(literal)
}

/** Parses text known to be valid JSON with its unsafe integers turned into marked strings, and those into bigint. */
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

/** A string that is in none of the strings `text` stands for, be it written plainly or in escapes. */
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
