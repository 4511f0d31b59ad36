/**
 * Text from outside (names, ids, values, messages of errors) as it may be printed: a control character, an escape
 * sequence or a bidirectional control would change what the terminal shows around it.
 */

/** Controls, line and paragraph separators, and bidirectional controls. */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** {@link UNSAFE} without the line feed. */
// eslint-disable-next-line no-control-regex
const UNSAFE_IN_LINES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const SHORT = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/** A value within a line: unsafe characters, line feeds among them, are escaped (`\x1b`, `\u202e`, `\n`). */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** Whole lines: unsafe characters are escaped, and line feeds are kept. */
export function escapeLines(text: string): string {
  return text.replace(UNSAFE_IN_LINES, escaped)
}

/** A value as JSON that a terminal can show. Unsafe characters are in strings only, and are escaped as JSON does. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSAFE_IN_LINES, (character) => `\\u${hex(character, 4)}`)
}

/** At most `width` characters, the last of them an ellipsis if some are missing. */
export function cutText(text: string, width: number): string {
  if (text.length <= width) return text
  const characters = Array.from(text)
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
}

function escaped(character: string): string {
  const short = SHORT.get(character)
  if (short !== undefined) return short
  return character.charCodeAt(0) > 0xff ? `\\u${hex(character, 4)}` : `\\x${hex(character, 2)}`
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}
