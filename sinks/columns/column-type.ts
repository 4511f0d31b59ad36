/**
 * The types of columns.
 */

/** The named types of columns, with the names that a schema option uses. */
export const COLUMN_TYPES = [
  'boolean',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float',
  'double',
  'date',
  'timestamp',
  'timestamp_micros',
  'timestamp_nanos',
  'timestamp_local',
  'timestamp_micros_local',
  'timestamp_nanos_local',
  'time_millis',
  'time_micros',
  'time_nanos',
  'time_millis_utc',
  'time_micros_utc',
  'time_nanos_utc',
  'interval',
  'uuid',
  'utf8',
  'bytes',
  'json',
] as const

/** A type that has a name alone. */
export type NamedType = (typeof COLUMN_TYPES)[number]

/** Decimals of up to `precision` digits (at most 38), `scale` of them after the point: `decimal(18,4)`. */
export type DecimalType = `decimal(${number},${number})`

/** Arrays of values of one type: LIST in Parquet, JSON text in CSV. */
export interface ListType {
  /** The type of the values in the array. */
  readonly list: FieldType
}

/** Objects with the given fields: a group in Parquet, JSON text in CSV. */
export interface StructType {
  /** The types of the fields by their names, in file order. */
  readonly struct: Readonly<Record<string, FieldType>>
}

/**
 * Objects with any keys, or arrays of `{ key, value }` for keys other than text: MAP in Parquet, JSON text in CSV. Keys
 * cannot be null.
 */
export interface MapType {
  /** The types of the keys and of the values. */
  readonly map: {
    /** The type of the keys. */
    readonly key: ColumnType
    /** The type of the values. */
    readonly value: FieldType
  }
}

/** A type with types within. */
export type NestedType = ListType | StructType | MapType

/**
 * A type of a column:
 *
 * - `boolean`, `int8`, `int16`, `int32`, `int64`, `uint8`, `uint16`, `uint32`, `uint64`, `float`, `double`,
 *   `decimal(precision,scale)`
 * - `utf8`, `json`, `bytes`, `uuid`
 * - `date`, `timestamp` (milliseconds), `timestamp_micros`, `timestamp_nanos`; these with `_local` for times without a time
 *   zone
 * - `time_millis`, `time_micros`, `time_nanos`, with `_utc` for times of day in UTC; `interval`
 * - `{ list }`, `{ struct }`, `{ map: { key, value } }`
 */
export type ColumnType = NamedType | DecimalType | NestedType

/**
 * The type of a column or of a value within: with `nullable: false`, null is not allowed. `nullable` is true by
 * default.
 */
export type FieldType =
  | ColumnType
  | {
      /** The type of its values. */
      readonly type: ColumnType
      /** Whether null is allowed. @default true */
      readonly nullable?: boolean
    }

/** The most digits of a decimal. */
const MAX_PRECISION = 38

/** The most levels of types within types. */
const MAX_LEVELS = 20

/** Whether values of the type have values within. */
export function isNestedType(type: ColumnType | null): type is NestedType {
  return typeof type === 'object' && type !== null
}

/** The precision and the scale of a decimal type. Undefined for other types. */
export function decimalOf(type: string): { readonly precision: number; readonly scale: number } | undefined {
  const found = /^decimal\((\d{1,2}),(\d{1,2})\)$/.exec(type)
  if (found === null) return undefined
  const [precision, scale] = [Number(found[1]), Number(found[2])]
  return precision >= 1 && precision <= MAX_PRECISION && scale <= precision ? { precision, scale } : undefined
}

/** The type of a field, and whether it may be null. */
export function fieldOf(field: FieldType): { readonly type: ColumnType; readonly nullable: boolean } {
  return typeof field === 'object' && 'type' in field
    ? { type: field.type, nullable: field.nullable !== false }
    : { type: field, nullable: true }
}

/** Whether a value of any kind is a {@link FieldType}. */
export function isFieldType(value: unknown, level = 0): value is FieldType {
  if (!isPlainObject(value) || !('type' in value)) return isColumnType(value, level)
  const { type, nullable, ...others } = value
  return (
    isColumnType(type, level) &&
    (nullable === undefined || typeof nullable === 'boolean') &&
    Object.keys(others).length === 0
  )
}

function isColumnType(value: unknown, level: number): value is ColumnType {
  if (typeof value === 'string') {
    return (COLUMN_TYPES as readonly string[]).includes(value) || decimalOf(value) !== undefined
  }
  if (!isPlainObject(value) || Object.keys(value).length !== 1 || level === MAX_LEVELS) return false
  if ('list' in value) return isFieldType(value.list, level + 1)
  if ('struct' in value) {
    const fields = isPlainObject(value.struct) ? Object.values(value.struct) : []
    return fields.length > 0 && fields.every((field) => isFieldType(field, level + 1))
  }
  if (!('map' in value) || !isPlainObject(value.map)) return false
  const { key, value: item, ...others } = value.map
  return isColumnType(key, level + 1) && isFieldType(item, level + 1) && Object.keys(others).length === 0
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** A type in a message: `list<double>`, `struct<a: utf8>`, `map<utf8, int64>`. */
export function typeText(type: ColumnType): string {
  if (typeof type === 'string') return type
  if ('list' in type) return `list<${typeText(fieldOf(type.list).type)}>`
  if ('map' in type) return `map<${typeText(type.map.key)}, ${typeText(fieldOf(type.map.value).type)}>`
  const fields = Object.entries(type.struct).map(([name, field]) => `${name}: ${typeText(fieldOf(field).type)}`)
  return `struct<${fields.join(', ')}>`
}
