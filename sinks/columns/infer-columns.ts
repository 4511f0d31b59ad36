/**
 * Infers the columns of a file from records: one column for each leaf, in the order first seen. The type of a column is
 * the narrowest type that fits every value. A column with both bigints and numbers is `int64` if all numbers are safe
 * integers. Otherwise it is `double` if every bigint has an exact double. Every other mixed column is `utf8`.
 */
import { CellMaker, fitsDouble } from './cells.ts'
import type { Column, ColumnType } from './column.ts'
import { comesBack, typeOfText, type InferredTypes } from './inferred-types.ts'
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
  /** Whether a text was taken as a date or a timestamp. */
  fromText: boolean
  /** Whether a timestamp is too far from 1970 for nanoseconds. */
  far: boolean
  /** Whether the type of a known column was inferred by choice. */
  readonly inferred: boolean
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

/** Milliseconds from 1970 that 64 bits hold as nanoseconds, whatever the digits after the millisecond are. */
const MAX_NANOSECONDS_MS = Number(2n ** 63n / 1_000_000n) - 1

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
  readonly #choice: InferredTypes

  /**
   * @param known - columns to start from; they keep their positions, and their types unless a value does not fit
   * @param choice - which types are inferred beside those of JavaScript values
   */
  constructor(known: readonly Column[] = [], choice: InferredTypes = {}) {
    this.#choice = choice
    for (const { name, type, inferred = false } of known) {
      const types = type === null ? [] : [type]
      this.#seen.set(name, { ...nothingSeen(types), known: type, fractional: type === 'double', inferred })
      if (type === 'json' && !known.some((other) => other.name.startsWith(`${name}.`))) this.#wholeObjects.add(name)
    }
  }

  /** The columns so far. A column with only nulls has no type yet. */
  get columns(): Column[] {
    const wantsIntegers = this.#choice.integers === 'infer'
    return [...this.#seen].map(([name, seen]) => {
      const type = resolveType(seen, wantsIntegers)
      const isChosen = seen.known === null ? isTime(type) && seen.fromText : seen.inferred && type === seen.known
      const isInteger = wantsIntegers && type === 'int64' && seen.types.has('double')
      return isChosen || isInteger ? { name, type, inferred: true } : { name, type }
    })
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

  #typeOf(value: unknown, kind: ValueKind): ColumnType | undefined {
    const type = typeOf(value, kind)
    return type === 'utf8' && this.#choice.timestamps === 'infer' ? (typeOfText(value as string) ?? type) : type
  }

  #fits(value: unknown, type: ColumnType, inferred: boolean): boolean {
    return this.#cells.make(value, type) !== undefined && (!inferred || comesBack(value, type))
  }

  /** Whether a timestamp does not fit a column of nanoseconds. */
  #isFar(value: Date | string): boolean {
    const time = typeof value === 'string' ? Date.parse(value) : value.getTime()
    return Math.abs(time) > MAX_NANOSECONDS_MS && this.#cells.make(value, 'timestamp_nanos') === undefined
  }

  #seeLeaf(value: unknown, kind: ValueKind, path: string): void {
    let seen = this.#seen.get(path)
    if (seen === undefined) {
      seen = nothingSeen([])
      this.#seen.set(path, seen)
    }
    const type = this.#typeOf(value, kind)
    if (type === undefined) return
    if (seen.known !== null && this.#fits(value, seen.known, seen.inferred)) return
    // A date that fits no column of its unit, being too far from 1970, leaves only text.
    const fits = kind !== 'date' || seen.known !== 'timestamp_nanos'
    seen.types.add(fits ? type : 'utf8')
    if (kind === 'number') seen.fractional ||= !Number.isSafeInteger(value) || Object.is(value, -0)
    if (kind === 'string' && type !== 'utf8') seen.fromText = true
    if (isTime(type)) seen.far ||= this.#isFar(value as Date | string)
    if (kind === 'bigint') seen.wide ||= !fitsDouble(value as bigint)
  }
}

function nothingSeen(types: readonly ColumnType[]): Seen {
  return {
    known: null,
    types: new Set(types),
    fractional: false,
    wide: false,
    fromText: false,
    far: false,
    inferred: false,
  }
}

function isTime(type: ColumnType | null): boolean {
  return type === 'date' || type?.startsWith('timestamp') === true
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

function resolveType({ types, fractional, wide, far }: Seen, wantsIntegers: boolean): ColumnType | null {
  const [first, second] = types
  if (first === undefined) return null
  if (second === undefined) return first === 'double' && wantsIntegers && !fractional ? 'int64' : first
  if ([...types].every((type) => type.startsWith('timestamp'))) {
    if (!types.has('timestamp_nanos')) return 'timestamp_micros'
    return far ? 'utf8' : 'timestamp_nanos'
  }
  if (types.size === 2 && types.has('double') && types.has('int64')) {
    if (!fractional) return 'int64'
    return wide ? 'utf8' : 'double'
  }
  return 'utf8'
}
