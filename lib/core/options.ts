/**
 * Validates the options object that each class and function of the toolkit takes. The error for an unknown key suggests
 * the nearest known key. The error for an invalid value states the expected value.
 */
import { SpillwayError } from './errors.ts'
import { nearestWord } from './nearest.ts'

/** A condition on a value: its description for the message, and its test. */
export interface Check {
  /** Ends the sentence "Expected `name` to be ...". */
  readonly expected: string
  accepts(this: void, value: unknown): boolean
}

/** One check for each option of a class. */
export type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check }

export const text: Check = {
  expected: 'a non-empty string',
  accepts: (value) => typeof value === 'string' && value.length > 0,
}
/** Accepts strings, also empty ones: a check of names refuses those. */
export const anyText: Check = { expected: 'a string', accepts: (value) => typeof value === 'string' }
export const flag: Check = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' }
export const callback: Check = { expected: 'a function', accepts: (value) => typeof value === 'function' }
export const plainObject: Check = {
  expected: 'an object',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}
export const textByName: Check = {
  expected: 'an object of strings',
  accepts: (value) =>
    plainObject.accepts(value) && Object.values(value as object).every((entry) => typeof entry === 'string'),
}
export const abortSignal: Check = { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal }

/** Accepts safe integers that are at least `least`. */
export function integerFrom(least: number): Check {
  return {
    expected: `an integer from ${least} up`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  }
}

/** Accepts numbers that are at least `least`, and `Infinity`, which turns a bound off. */
export function numberFrom(least: number): Check {
  return { expected: `a number from ${least} up`, accepts: (value) => typeof value === 'number' && value >= least }
}

/** Accepts the words of a list. */
export function oneOf(words: readonly string[]): Check {
  return {
    expected: `one of ${words.map((word) => `'${word}'`).join(', ')}`,
    accepts: (value) => words.includes(value as string),
  }
}

/**
 * Checks `given` against `checks` and adds the `defaults` of options that are not given. An option whose value is
 * undefined counts as not given.
 *
 * @param owner - the class or function that takes the options, for the messages
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for an unknown option, an invalid value, or options that are not an
 *   object
 */
export function resolveOptions<Options extends object, Defaults extends Partial<Options>>(
  owner: string,
  given: Options | undefined,
  checks: Checks<Options>,
  defaults: Defaults,
): Options & Required<Pick<Options, keyof Defaults & keyof Options>> {
  if (given !== undefined && !plainObject.accepts(given)) {
    throw optionError(`Expected the options of ${owner} to be an object, got ${describeValue(given)}`)
  }
  const known = checks as Record<string, Check>
  const resolved: Record<string, unknown> = { ...defaults }
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(known, name)) throw unknownKey(name, Object.keys(known), `option of ${owner}`)
    if (value === undefined) continue
    expectValue(name, value, known[name] as Check)
    resolved[name] = value
  }
  return resolved as Options & Required<Pick<Options, keyof Defaults & keyof Options>>
}

/**
 * Throws for a value that its check does not accept.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function expectValue(name: string, value: unknown, check: Check): void {
  if (!check.accepts(value)) {
    throw optionError(`Expected \`${name}\` to be ${check.expected}, got ${describeValue(value)}`)
  }
}

/** The error for an unknown key; its message suggests the nearest known key. */
export function unknownKey(name: string, known: readonly string[], what: string): SpillwayError {
  return optionError(`Unknown ${what}: \`${name}\`. ${knownHint(name, known)}`)
}

/** A hint for the message about an unknown word: the nearest known word, or all known words. */
export function knownHint(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known)
  if (nearest !== undefined) return `Did you mean \`${nearest}\`?`
  return known.length === 0 ? 'No names are known' : `Known names: ${known.join(', ')}`
}

/** A short description of a value for a message: `0 (number)`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined'
    case 'string':
      return `'${value.length > 80 ? `${value.slice(0, 80)}...` : value}' (string)`
    case 'function':
      return 'a function'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
      return `an object (${constructorName(value)})`
    default:
      return `${String(value)} (${typeof value})`
  }
}

function constructorName(value: object): string {
  const maker = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name
  return typeof maker === 'string' && maker !== '' ? maker : 'without a prototype'
}

function optionError(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message)
}

/** Accepts arrays of non-empty strings. */
export const listOfTexts: Check = {
  expected: 'a list of non-empty strings',
  accepts: (value) => Array.isArray(value) && value.every(text.accepts),
}
