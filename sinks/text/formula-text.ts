/**
 * Escapes text that a spreadsheet would run as a formula. The data of a CSV file may come from anyone.
 */

/** What a spreadsheet takes as the beginning of a formula, after the quotes of an earlier escape. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

const ESCAPED = /^'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/** Numbers are no formulas. */
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** The text with `'` before it if it begins like a formula. Text that looks escaped gets one more. */
export function escapeFormula(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
}

/** The text before {@link escapeFormula}. */
export function unescapeFormula(text: string): string {
  return ESCAPED.test(text) ? text.slice(1) : text
}
