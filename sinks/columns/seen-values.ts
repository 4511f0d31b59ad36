/**
 * The values that were seen in one column, or in one place within nested values, and the narrowest type for them.
 */
import { fitsDouble, parseDate } from './cells.ts'
import { isNestedType, type ColumnType, type FieldType } from './column-type.ts'
import { typeOfText, type InferredTypes } from './inferred-types.ts'
import { integerOfDate, timestampTypeOf } from '../values/precise-date.ts'
import { customValue, kindOf, type ValueKind } from '../values/values.ts'

/** The column type for a value of each kind. */
const TYPE_OF_KIND: Partial<Record<ValueKind, ColumnType>> = {
  boolean: 'boolean',
  number: 'double',
  bigint: 'int64',
  string: 'utf8',
  bytes: 'bytes',
  array: 'json',
  object: 'json',
}

/** Objects within lists that have more fields than this, or more levels, stay JSON text: their keys may be data. */
const MAX_FIELDS = 100
const MAX_LEVELS = 10

/** The narrowest type that fits `value` (neither null nor refused). */
export function columnTypeOf(value: unknown): ColumnType {
  return typeOf(value, kindOf(value)) ?? 'utf8'
}

function typeOf(value: unknown, kind: ValueKind): ColumnType | undefined {
  return kind === 'date' ? timestampTypeOf(value as Date) : TYPE_OF_KIND[kind]
}

/** Values of one place. Memory: an entry for each field within. */
export class SeenValues {
  /** The type of the column at the start. */
  readonly known: ColumnType | null
  readonly #choice: InferredTypes
  /** Whether the type of a known column was inferred by choice. */
  readonly inferred: boolean
  readonly #level: number
  readonly #types: Set<ColumnType>
  /** Whether a number was not a safe integer. */
  #fractional: boolean
  /** Whether a bigint has no exact double. */
  #wide = false
  /** Whether a text was taken as a date or a timestamp. */
  #fromText = false
  /** Whether a timestamp is too far from 1970 for nanoseconds. */
  #far = false
  #hasObjects = false
  /** The values in arrays. */
  #items: SeenValues | undefined
  /** The values of fields. Undefined when there are too many. */
  #fields: Map<string, SeenValues> | undefined = new Map()

  /** @param choice - which types are inferred beside those of JavaScript values */
  constructor(choice: InferredTypes, known: ColumnType | null, inferred = false, level = 0) {
    this.#choice = choice
    this.known = known
    this.inferred = inferred
    this.#level = level
    this.#types = new Set(known === null ? [] : [known])
    this.#fractional = known === 'double'
  }

  /** The type that fits all values. Null when there were none. */
  get type(): ColumnType | null {
    if (isNestedType(this.known)) return this.#types.size === 1 ? this.known : 'json'
    const [first, second] = this.#types
    if (first === undefined) return null
    if (second !== undefined) return this.#commonType()
    if (first === 'json' && this.known === null) return this.#nestedType() ?? 'json'
    return first === 'double' && this.#wantsIntegers && !this.#fractional ? 'int64' : first
  }

  /** Whether the type was inferred by choice: then a value that it would not give back does not fit. */
  get isChosen(): boolean {
    const { type } = this
    if (this.known === null ? isTime(type) && this.#fromText : this.inferred && type === this.known) return true
    return this.#wantsIntegers && type === 'int64' && this.#types.has('double')
  }

  get #wantsIntegers(): boolean {
    return this.#choice.integers === 'infer'
  }

  /** Adds a value that is not null and does not fit {@link known}. */
  add(value: unknown, kind: ValueKind): void {
    const type = this.#typeOf(value, kind)
    if (type === undefined) return
    // A date that fits no column of its unit, being too far from 1970, leaves only text.
    const fits = kind !== 'date' || this.known !== 'timestamp_nanos'
    this.#types.add(fits ? type : 'utf8')
    if (kind === 'number') this.#fractional ||= !Number.isSafeInteger(value) || Object.is(value, -0)
    if (kind === 'string' && type !== 'utf8') this.#fromText = true
    if (isTime(type)) this.#far ||= isFar(value as Date | string)
    if (kind === 'bigint') this.#wide ||= !fitsDouble(value as bigint)
    if (this.#choice.lists === 'list' && type === 'json') this.#addWithin(value, kind)
  }

  #typeOf(value: unknown, kind: ValueKind): ColumnType | undefined {
    const type = typeOf(value, kind)
    // Values within others stay text: they have no check that they come back.
    const isText = type === 'utf8' && this.#level === 0
    return isText && this.#choice.timestamps === 'infer' ? (typeOfText(value as string) ?? type) : type
  }

  #addWithin(value: unknown, kind: ValueKind): void {
    if (this.#level === MAX_LEVELS) {
      this.#fields = undefined
      return
    }
    if (kind === 'array') {
      this.#items ??= this.#below()
      // Also visits the holes of a sparse array.
      for (const item of value as unknown[]) this.#items.#addItem(item)
      return
    }
    this.#hasObjects = true
    for (const [key, item] of Object.entries(value as object)) {
      if (this.#fields === undefined) return
      let field = this.#fields.get(key)
      if (field === undefined) this.#fields.set(key, (field = this.#below()))
      if (this.#fields.size > MAX_FIELDS) this.#fields = undefined
      field.#addItem(item)
    }
  }

  #addItem(item: unknown): void {
    const kind = kindOf(item)
    if (kind === 'custom') this.#addItem(customValue(item))
    else if (kind !== 'nothing') this.add(item, kind)
  }

  #below(): SeenValues {
    return new SeenValues({ lists: 'list' }, null, false, this.#level + 1)
  }

  /** The type of arrays or of objects in arrays. Undefined when these hold values of several kinds, or none. */
  #nestedType(): ColumnType | undefined {
    const fields = this.#fields
    if (this.#choice.lists !== 'list' || fields === undefined) return undefined
    const items = this.#items
    if (items !== undefined) {
      const type = this.#hasObjects ? undefined : items.#typeWithin()
      return type && { list: type }
    }
    // An object that is a column of its own was empty.
    if (this.#level === 0) return undefined
    const types: [string, FieldType][] = []
    for (const [name, field] of fields) {
      if (field.#types.size === 0) continue
      const type = field.#typeWithin()
      if (type === undefined) return undefined
      types.push([name, type])
    }
    return types.length === 0 ? undefined : { struct: Object.fromEntries(types) }
  }

  /** The type of values in an array or in a field. They must not become text or JSON to have one. */
  #typeWithin(): ColumnType | undefined {
    const [first, second] = this.#types
    if (first === 'json' && second === undefined) return this.#nestedType()
    const type = this.type
    return type === null || (type === 'utf8' && second !== undefined) ? undefined : type
  }

  #commonType(): ColumnType {
    const types = this.#types
    if ([...types].every((type) => typeof type === 'string' && type.startsWith('timestamp'))) {
      if (!types.has('timestamp_nanos')) return 'timestamp_micros'
      return this.#far ? 'utf8' : 'timestamp_nanos'
    }
    if (types.size === 2 && types.has('double') && types.has('int64')) {
      if (!this.#fractional) return 'int64'
      return this.#wide ? 'utf8' : 'double'
    }
    return 'utf8'
  }
}

/** Whether a timestamp does not fit a column of nanoseconds. */
function isFar(value: Date | string): boolean {
  const date = typeof value === 'string' ? parseDate(value) : value
  return date !== undefined && integerOfDate(date, 'timestamp_nanos') === undefined
}

function isTime(type: ColumnType | null): boolean {
  return type === 'date' || (typeof type === 'string' && type.startsWith('timestamp'))
}
