/**
 * Finds the columns of a file from records: one for each leaf, in the order first seen, of the narrowest type that
 * holds every value. The widening table: integers and numbers meet in `int64` when all are whole, else in `double`
 * when that is exact; everything else that differs meets in `utf8`.
 */
import { CellMaker, fitsDouble } from './cells.ts'
import type { Column, ColumnType } from './column.ts'
import { JsonText } from '../values/json-text.ts'
import { joinPath } from '../../lib/core/field-path.ts'
import { customValue, kindOf, type ValueKind } from '../values/values.ts'

/** What was seen of one column. */
interface Seen {
  /** The type the column had from the start. */
  readonly known: ColumnType | null
  readonly types: Set<ColumnType>
  /** Some number was not a safe integer. */
  fractional: boolean
  /** Some bigint has no exact double. */
  wide: boolean
}

/** The type a leaf of each kind asks for. */
const TYPE_OF_KIND: Partial<Record<ValueKind, ColumnType>> = {
  boolean: 'boolean',
  number: 'double',
  bigint: 'int64',
  string: 'utf8',
  date: 'timestamp',
  bytes: 'bytes',
  array: 'json',
  object: 'json',
}

/** The narrowest type that holds `value` (neither null nor refused). */
export function columnTypeOf(value: unknown): ColumnType {
  return TYPE_OF_KIND[kindOf(value)] ?? 'utf8'
}

/** Gathers columns from records. Memory: one entry for each column, so it is for a bounded number of records. */
export class ColumnInference {
  readonly #seen = new Map<string, Seen>()
  /** Known `json` columns of which no part has a column of its own: whole objects go into them. */
  readonly #wholeObjects = new Set<string>()
  readonly #cells = new CellMaker(new JsonText('null'))

  /** @param known - columns to start from; they keep their places, and their types unless a value does not fit */
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

  /** The columns so far. One that saw only nulls has no type yet. */
  get columns(): Column[] {
    return [...this.#seen].map(([name, seen]) => ({ name, type: resolveType(seen) }))
  }

  /** Looks at one record, which must hold nothing that is refused. */
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
    const type = TYPE_OF_KIND[kind]
    if (type === undefined) return
    if (seen.known !== null && this.#cells.make(value, seen.known) !== undefined) return
    seen.types.add(type)
    if (kind === 'number') seen.fractional ||= !Number.isSafeInteger(value)
    if (kind === 'bigint') seen.wide ||= !fitsDouble(value as bigint)
  }
}

/** The columns that hold `record` too: more of them, or wider ones. */
export function widenColumns(columns: readonly Column[], record: unknown): Column[] {
  const inference = new ColumnInference(columns)
  inference.add(record)
  const alone = new ColumnInference()
  alone.add(record)
  const present = new Set(alone.columns.flatMap(({ name, type }) => (type === null ? [] : [name])))
  // Those of `columns` come first, in their order.
  return inference.columns.map((column, index) => {
    const keepsOut = columns[index]?.nullable === false && present.has(column.name)
    return keepsOut ? { ...column, nullable: false } : column
  })
}

function resolveType({ types, fractional, wide }: Seen): ColumnType | null {
  const [first, second] = types
  if (first === undefined) return null
  if (second === undefined) return first
  if (types.size === 2 && types.has('double') && types.has('int64')) {
    if (!fractional) return 'int64'
    return wide ? 'utf8' : 'double'
  }
  return 'utf8'
}
