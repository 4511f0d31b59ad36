/**
 * Validates the one options object that every class and function of the toolkit takes, at construction:
 * unknown keys are refused with the nearest known one, wrong values with what was expected.
 */
import { SpillwayError } from './errors.ts'
import { nearestWord } from './nearest.ts'

/** What a value must be: a phrase for the message, and the test. */
export interface Check {
  /** Ends the sentence "Expected `name` to be ...". */
  readonly expected: string
  accepts(this: void, value: unknown): boolean
}

/** A check for every option a class knows. */
export type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check }

export const text: Check = {
  expected: 'a non-empty string',
  accepts: (value) => typeof value === 'string' && value.length > 0,
}
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

/** A whole number from `least` up. */
export function integerFrom(least: number): Check {
  return {
    expected: `an integer from ${least} up`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  }
}

/** A number from `least` up, `Infinity` included: for bounds that may be switched off. */
export function numberFrom(least: number): Check {
  return { expected: `a number from ${least} up`, accepts: (value) => typeof value === 'number' && value >= least }
}

/** One of a list of words. */
export function oneOf(words: readonly string[]): Check {
  return {
    expected: `one of ${words.map((word) => `'${word}'`).join(', ')}`,
    accepts: (value) => words.includes(value as string),
  }
}

/**
 * Checks `given` against `checks` and lays it over `defaults`. A key that is undefined counts as not given.
 *
 * @param owner - whose options these are, for the messages
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function resolveOptions<Options extends object, Defaults extends Partial<Options>>(
  owner: string,
  given: Options | undefined,
  checks: Checks<Options>,
  defaults: Defaults,
): Options & Required<Pick<Options, keyof Defaults & keyof Options>> {
  if (given !== undefined && !plainObject.accepts(given)) {
    throw refusal(`Expected the options of ${owner} to be an object, got ${describeValue(given)}`)
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
 * Refuses a value that does not pass its check.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function expectValue(name: string, value: unknown, check: Check): void {
  if (!check.accepts(value)) {
    throw refusal(`Expected \`${name}\` to be ${check.expected}, got ${describeValue(value)}`)
  }
}

/** The refusal of a key nobody knows, with the nearest one that is known. */
export function unknownKey(name: string, known: readonly string[], what: string): SpillwayError {
  return refusal(`Unknown ${what}: \`${name}\`. ${knownHint(name, known)}`)
}

/** What to write in place of a word nobody knows. */
export function knownHint(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known)
  if (nearest !== undefined) return `Did you mean \`${nearest}\`?`
  return known.length === 0 ? 'None is known' : `Known are: ${known.join(', ')}`
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

function refusal(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message)
}

/** A list of texts. */
export const listOfTexts: Check = {
  expected: 'a list of texts',
  accepts: (value) => Array.isArray(value) && value.every(text.accepts),
}
