/**
 * Splits an output into its tables of rows and the rest, so that the rows can be stored in batches.
 */
import type { ResultRecord } from '../core/record.ts'
import { hasCrossReferences } from './cross-references.ts'
import { isPlainObject } from './flat-columns.ts'
import type { RowSource } from './row-batches.ts'

/** A split output. */
export interface SplitOutput {
  /** The output with each table replaced by null; null when the output is exactly one table. */
  readonly rest: { readonly value: unknown } | null
  /** The tables, in the order of their fields. */
  readonly tables: readonly SplitTable[]
}

/** A table of an output. */
export interface SplitTable {
  /** The field that contains the rows; null when the output is exactly these rows. */
  readonly field: string | null
  readonly source: RowSource
}

/**
 * Splits `output`. A table is a stream of rows or an array of plain objects. Such arrays in the fields of a plain
 * object are tables, too, and so is an empty array. Any other output stays one value.
 */
export function splitOutput(output: unknown): SplitOutput {
  try {
    return split(output)
  } catch {
    // A getter throws. Serialization reports its error, with the field.
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
 * Whether an output is a stream of rows: a Readable or another AsyncIterable, or an iterator, such as a generator
 * object. Arrays, strings, Maps and other iterables are values.
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
    // The field exists, so this is an ordinary assignment even if the field is called `__proto__`.
    rest[field] = null
  }
  if (tables.size === 0 || hasCrossReferences(output, [...tables.values()], Object.values(rest))) return whole(output)
  return { rest: { value: rest }, tables: [...tables].map(([field, rows]) => ({ field, source: [rows] })) }
}

function isRowArray(value: unknown): value is ResultRecord[] {
  if (!Array.isArray(value)) return false
  for (let i = 0; i < value.length; i++) if (!isPlainObject(value[i])) return false
  // An array with other fields than its elements would lose those fields.
  return Object.keys(value).length === value.length
}
