/**
 * The values of records as JSON has them, whatever the format of their file: dates as ISO 8601 text, bytes as base64,
 * integers as numbers if the number is exact, NaN and infinities as null.
 */
import { parseExactJson } from '../core/exact-json.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Schema } from '../../sinks/columns/column.ts'
import { fieldOf, isNestedType, type ColumnType, type FieldType } from '../../sinks/columns/column-type.ts'
import type { PartSchema } from '../../sinks/part.ts'
import { toBase64 } from '../../sinks/values/json-text.ts'

/** Types whose values JSON has, too. */
const JSON_TYPES = /^(boolean|u?int\d+|float|double|json)$/

/**
 * The types of the values that {@link jsonRecord} gives for the columns of a part: text for what JSON has as text. A column
 * of nulls counts as text.
 */
export function typesOfRows(schema: PartSchema): Schema {
  return Object.fromEntries(Object.entries(schema).map(([name, type]) => [name, typeOfRows(type ?? 'utf8')]))
}

function typeOfRows(type: ColumnType): ColumnType {
  if (typeof type === 'string') return JSON_TYPES.test(type) ? type : 'utf8'
  if ('list' in type) return { list: fieldOfRows(type.list) }
  if ('map' in type) return { map: { key: typeOfRows(type.map.key), value: fieldOfRows(type.map.value) } }
  return {
    struct: Object.fromEntries(Object.entries(type.struct).map(([name, field]) => [name, fieldOfRows(field)])),
  }
}

function fieldOfRows(field: FieldType): FieldType {
  const { type, nullable } = fieldOf(field)
  return nullable ? typeOfRows(type) : { type: typeOfRows(type), nullable }
}

/** Converts the cells of a record to JSON values. */
export function jsonRecord(record: ResultRecord, types: ReadonlyMap<string, PartSchema[string]>): ResultRecord {
  // `fromEntries` makes a column called `__proto__` an own property.
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, jsonValue(value, types.get(name))]))
}

function jsonValue(value: unknown, type: PartSchema[string] | undefined): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Date) return type === 'date' ? value.toISOString().replace(/T.*/, '') : value.toISOString()
  if (value instanceof Uint8Array) return toBase64(value)
  if (typeof value === 'string') return type === 'json' || isNested(type) ? parseJson(value) : value
  if (isNested(type) && value !== null) return jsonWithin(value)
  return value
}

function isNested(type: PartSchema[string] | undefined): boolean {
  return isNestedType(type ?? null)
}

/** Converts the values of a list, a struct or a map to JSON values. */
function jsonWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonWithin)
  const json = jsonValue(value, undefined)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, jsonWithin(item)]))
}

/** The value of a cell of JSON text. Other text is returned unchanged, because a column may hold both. */
function parseJson(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    return text
  }
}
