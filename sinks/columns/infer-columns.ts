/**
 * Infers the columns of a file from records: one column for each leaf, in the order first seen. The type of a column is
 * the narrowest type that fits every value. A column with both bigints and numbers is `int64` if all numbers are safe
 * integers. Otherwise it is `double` if every bigint has an exact double. Every other mixed column is `utf8`.
 */
import { CellMaker, fitsDouble } from './cells.ts'
import type { Column, ColumnType } from './column.ts'
import { JsonText } from '../values/json-text.ts'
import { joinPath } from '../../lib/core/field-path.ts'
import { timestampTypeOf } from '../values/precise-date.ts'
import { customValue, kindOf, type ValueKind } from '../values/values.ts'

/** What was seen in one column so far. */
interface Seen {
  /** The type of the column at the start. */
  readonly known: ColumnType | null
  readonly types: Set<ColumnType>
  /** Whether a number was not a safe integer. */
  fractional: boolean
  /** Whether a bigint has no exact double. */
  wide: boolean
}

/** The column type for a leaf of each kind. */
const TYPE_OF_KIND: Partial<Record<ValueKind, ColumnType>> = {
  boolean: 'boolean',
  number: 'double',
  bigint: 'int64',
  string: 'utf8',
  bytes: 'bytes',
  array: 'json',
  object: 'json',
}

/** The narrowest type that fits `value` (neither null nor refused). */
export function columnTypeOf(value: unknown): ColumnType {
  return typeOf(value, kindOf(value)) ?? 'utf8'
}

function typeOf(value: unknown, kind: ValueKind): ColumnType | undefined {
  return kind === 'date' ? timestampTypeOf(value as Date) : TYPE_OF_KIND[kind]
}

/** Infers columns from records. Memory: one entry per column. The caller must bound the number of records. */
export class ColumnInference {
  readonly #seen = new Map<string, Seen>()
  /** Known `json` columns without columns for their fields. Whole objects are written to them. */
  readonly #wholeObjects = new Set<string>()
  readonly #cells = new CellMaker(new JsonText('null'))

  /** @param known - columns to start from; they keep their positions, and their types unless a value does not fit */
  constructor(known: readonly Column[] = []) {
    for (const { name, type } of known) {
      this.#seen.set(name, {
        known: type,
        types: new Set(type === null ? [] : [type]),
        fractional: type === 'double',
        wide: false,
      })
      if (type === 'json' && !known.some((other) => other.name.startsWith(`${name}.`))) this.#wholeObjects.add(name)
    }
  }

  /** The columns so far. A column with only nulls has no type yet. */
  get columns(): Column[] {
    return [...this.#seen].map(([name, seen]) => ({ name, type: resolveType(seen) }))
  }

  /** Adds one record. It must not contain refused values. */
  add(record: unknown): void {
    this.#walk(kindOf(record) === 'custom' ? customValue(record) : record, undefined)
  }

  #walk(object: unknown, path: string | undefined): void {
    for (const [key, value] of Object.entries(object as object)) {
      if (value !== undefined) this.#see(value, joinPath(path, key))
    }
  }

  #see(value: unknown, path: string): void {
    const kind = kindOf(value)
    if (kind === 'custom') this.#see(customValue(value), path)
    else if (kind === 'object' && !this.#wholeObjects.has(path) && Object.keys(value as object).length > 0) {
      this.#walk(value, path)
    } else this.#seeLeaf(value, kind, path)
  }

  #seeLeaf(value: unknown, kind: ValueKind, path: string): void {
    let seen = this.#seen.get(path)
    if (seen === undefined) {
      seen = { known: null, types: new Set(), fractional: false, wide: false }
      this.#seen.set(path, seen)
    }
    const type = typeOf(value, kind)
    if (type === undefined) return
    if (seen.known !== null && this.#cells.make(value, seen.known) !== undefined) return
    // A date that fits no column of its unit, being too far from 1970, leaves only text.
    const fits = kind !== 'date' || seen.known !== 'timestamp_nanos'
    seen.types.add(fits ? type : 'utf8')
    if (kind === 'number') seen.fractional ||= !Number.isSafeInteger(value)
    if (kind === 'bigint') seen.wide ||= !fitsDouble(value as bigint)
  }
}

/** The given columns, extended or widened so that `record` fits. */
export function widenColumns(columns: readonly Column[], record: unknown): Column[] {
  const inference = new ColumnInference(columns)
  inference.add(record)
  const alone = new ColumnInference()
  alone.add(record)
  const present = new Set(alone.columns.flatMap(({ name, type }) => (type === null ? [] : [name])))
  // The given columns come first, in their order.
  return inference.columns.map((column, index) => {
    const staysRequired = columns[index]?.nullable === false && present.has(column.name)
    return staysRequired ? { ...column, nullable: false } : column
  })
}

function resolveType({ types, fractional, wide }: Seen): ColumnType | null {
  const [first, second] = types
  if (first === undefined) return null
  if (second === undefined) return first
  if ([...types].every((type) => type.startsWith('timestamp'))) {
    return types.has('timestamp_nanos') ? 'timestamp_nanos' : 'timestamp_micros'
  }
  if (types.size === 2 && types.has('double') && types.has('int64')) {
    if (!fractional) return 'int64'
    return wide ? 'utf8' : 'double'
  }
  return 'utf8'
}
