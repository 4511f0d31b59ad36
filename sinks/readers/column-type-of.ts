/**
 * The type with which a sink writes a column of a Parquet file again.
 */
import type { ColumnType, FieldType } from '../columns/column-type.ts'
import { isFieldType } from '../columns/column-type.ts'
import type { SchemaElement, SchemaTree } from './hyparquet.ts'
import { isListOfGroups, isMap, type ReadingOptions } from './logical-values.ts'

const UNITS = { MILLIS: '', MICROS: '_micros', NANOS: '_nanos' } as const

const INTEGERS: Readonly<Record<string, ColumnType>> = {
  INT_8: 'int8',
  INT_16: 'int16',
  INT_32: 'int32',
  INT_64: 'int64',
  UINT_8: 'uint8',
  UINT_16: 'uint16',
  UINT_32: 'uint32',
  UINT_64: 'uint64',
}

const PHYSICAL: Readonly<Record<string, ColumnType>> = {
  BOOLEAN: 'boolean',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT: 'float',
  DOUBLE: 'double',
  BYTE_ARRAY: 'bytes',
  FIXED_LEN_BYTE_ARRAY: 'bytes',
}

const CONVERTED: Readonly<Record<string, ColumnType>> = {
  UTF8: 'utf8',
  ENUM: 'utf8',
  JSON: 'json',
  DATE: 'date',
  INTERVAL: 'interval',
  TIME_MILLIS: 'time_millis_utc',
  TIME_MICROS: 'time_micros_utc',
  TIMESTAMP_MILLIS: 'timestamp',
  TIMESTAMP_MICROS: 'timestamp_micros',
  ...INTEGERS,
}

/** The type of a column. Null for one that sinks do not write: INT96, decimals of more than 38 digits, variants. */
export function columnTypeOf(column: SchemaTree, options: ReadingOptions): ColumnType | null {
  return column.element.repetition_type === 'REPEATED' ? listOf(fieldIn(column, options)) : typeOf(column, options)
}

function typeOf(tree: SchemaTree, options: ReadingOptions): ColumnType | null {
  const { element, children } = tree
  if (children.length === 0) return leafType(element, options)
  if (element.logical_type?.type === 'VARIANT') return null
  const [repeated] = children
  if (repeated !== undefined && isMap(tree)) {
    const [key, value] = repeated.children.map((child) => fieldOf(child, options))
    return key === null || value === null || key === undefined || value === undefined
      ? null
      : { map: { key: key.type, value } }
  }
  if (element.converted_type === 'LIST' && children.length === 1 && repeated?.element.repetition_type === 'REPEATED') {
    const [only] = repeated.children
    const isOfGroups = isListOfGroups(tree) || only === undefined
    return listOf(isOfGroups ? fieldIn(repeated, options) : fieldOf(only, options))
  }
  const fields = children.map((child) => [child.element.name, fieldOf(child, options)] as const)
  return fields.every((field): field is [string, Field] => field[1] !== null)
    ? { struct: Object.fromEntries(fields) }
    : null
}

interface Field {
  readonly type: ColumnType
  readonly nullable: boolean
}

function fieldOf(tree: SchemaTree, options: ReadingOptions): Field | null {
  const { repetition_type: repetition } = tree.element
  const type = columnTypeOf(tree, options)
  return type && { type, nullable: repetition === 'OPTIONAL' }
}

/** The type of the items of a repeated element, which are never null. */
function fieldIn(tree: SchemaTree, options: ReadingOptions): Field | null {
  const type = typeOf(tree, options)
  return type && { type, nullable: false }
}

function listOf(field: FieldType | null): ColumnType | null {
  return field && { list: field }
}

function leafType(element: SchemaElement, { binary }: ReadingOptions): ColumnType | null {
  const { converted_type: converted, logical_type: logical, type } = element
  switch (logical?.type) {
    case 'TIMESTAMP':
      return `timestamp${UNITS[logical.unit]}${logical.isAdjustedToUTC ? '' : '_local'}`
    case 'TIME':
      return `time${UNITS[logical.unit] === '' ? '_millis' : UNITS[logical.unit]}${logical.isAdjustedToUTC ? '_utc' : ''}` as ColumnType
    case 'INTEGER':
      return INTEGERS[`${logical.isSigned ? '' : 'U'}INT_${logical.bitWidth}`] ?? null
    case 'UUID':
      return 'uuid'
    case 'FLOAT16':
      return 'float'
    default:
  }
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const { precision, scale } = logical?.type === 'DECIMAL' ? logical : element
    const decimal = `decimal(${precision ?? 0},${scale ?? 0})` as const
    return isFieldType(decimal) ? decimal : null
  }
  if (converted === undefined && type === 'BYTE_ARRAY' && binary === 'text') return 'utf8'
  return (converted === undefined ? undefined : CONVERTED[converted]) ?? PHYSICAL[type ?? ''] ?? null
}
