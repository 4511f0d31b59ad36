/**
 * Takes an output apart into its tables of rows and the rest, so that rows can go one after the other.
 */
import type { ResultRecord } from '../core/record.ts'
import { hasCrossReferences } from './cross-references.ts'
import { isPlainObject } from './flat-columns.ts'
import type { RowSource } from './row-batches.ts'

/** An output, taken apart. */
export interface SplitOutput {
  /** The output with null in place of each table; null when it is nothing but rows. */
  readonly rest: { readonly value: unknown } | null
  readonly tables: readonly SplitTable[]
}

/** Rows of an output. */
interface SplitTable {
  /** The field that holds them; null when they are the whole output. */
  readonly field: string | null
  readonly source: RowSource
}

/**
 * Takes `output` apart. Tables are a stream of rows, an array of plain objects, and such arrays in the fields of a plain
 * object; an empty array counts as one. All else is one value.
 */
export function splitOutput(output: unknown): SplitOutput {
  try {
    return split(output)
  } catch {
    // It throws when it is read: that is told when it is serialized, with the field.
    return whole(output)
  }
}

function split(output: unknown): SplitOutput {
  if (isRowStream(output)) return { rest: null, tables: [{ field: null, source: output }] }
  if (isRowArray(output) && !hasCrossReferences(output, [output], [])) {
    return { rest: null, tables: [{ field: null, source: [output] }] }
  }
  return isPlainObject(output) ? splitObject(output) : whole(output)
}

function whole(output: unknown): SplitOutput {
  return { rest: { value: output }, tables: [] }
}

/**
 * Whether an output is a stream of rows: a Readable or another AsyncIterable, or an iterator, such as a generator makes.
 * Arrays, strings, Maps and other iterables are values.
 */
export function isRowStream(output: unknown): output is RowSource {
  if (typeof output !== 'object' || output === null) return false
  const { next, [Symbol.asyncIterator]: iterateAsync, [Symbol.iterator]: iterate } = output as Partial<Streamlike>
  return typeof iterateAsync === 'function' || (typeof next === 'function' && typeof iterate === 'function')
}

interface Streamlike extends AsyncIterable<unknown>, Iterable<unknown> {
  readonly next: unknown
}

function splitObject(output: Record<string, unknown>): SplitOutput {
  const rest = { ...output }
  const tables = new Map<string, ResultRecord[]>()
  for (const field of Object.keys(rest)) {
    const value = rest[field]
    if (!isRowArray(value)) continue
    tables.set(field, value)
    // The field exists, so this is an assignment even where it is called `__proto__`.
    rest[field] = null
  }
  if (tables.size === 0 || hasCrossReferences(output, [...tables.values()], Object.values(rest))) return whole(output)
  return { rest: { value: rest }, tables: [...tables].map(([field, rows]) => ({ field, source: [rows] })) }
}

function isRowArray(value: unknown): value is ResultRecord[] {
  if (!Array.isArray(value)) return false
  for (let i = 0; i < value.length; i++) if (!isPlainObject(value[i])) return false
  // Fields beside the elements would be lost.
  return Object.keys(value).length === value.length
}
