/**
 * Values of types that hyparquet would change or refuse: decimals, times, intervals, maps, and lists of older writers.
 * Their annotations are removed from the schema that it sees, and its values are converted here.
 */
import { decimalText, intervalText, timeText } from '../values/logical-text.ts'
import type { SchemaElement, SchemaTree } from './hyparquet.ts'

/** Converts a value that is not null, as hyparquet makes it without the annotation. */
type Convert = (value: unknown) => unknown

/** The logical type of an element of the schema. */
export interface LogicalType {
  /** Its name in the format. */
  readonly name: string
  readonly convert: Convert
}

/** How values of the types are read that have no one form in JavaScript. */
export interface ReadingOptions {
  /** What BYTE_ARRAY without an annotation is. @default 'bytes' */
  readonly binary?: 'bytes' | 'text'
}

/**
 * Takes the logical types from the elements of a column.
 *
 * @param types - receives the types that hyparquet must not see
 */
export function takeLogicalTypes(
  { element, children }: SchemaTree,
  options: ReadingOptions,
  types: Map<SchemaElement, LogicalType>,
): void {
  const type = children.length === 0 ? logicalTypeOf(element, options) : groupTypeOf({ element, children })
  if (type !== undefined) {
    types.set(element, type)
    delete element.converted_type
    delete element.logical_type
  }
  for (const child of children) takeLogicalTypes(child, options, types)
}

function logicalTypeOf(element: SchemaElement, { binary }: ReadingOptions): LogicalType | undefined {
  const { converted_type: converted, logical_type: logical } = element
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const scale = element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0)
    return { name: 'DECIMAL', convert: (value) => decimalText(integerOf(value), scale) }
  }
  if (converted === 'TIME_MILLIS') return timeOf('MILLIS')
  if (converted === 'TIME_MICROS') return timeOf('MICROS')
  if (logical?.type === 'TIME') return timeOf(logical.unit)
  if (converted === 'INTERVAL') return { name: 'INTERVAL', convert: textOfInterval }
  if (converted === 'BSON') return { name: 'BSON', convert: (value) => value }
  const isUint64 = logical?.type === 'INTEGER' && logical.bitWidth === 64 && !logical.isSigned
  if (converted === 'UINT_64' || isUint64) {
    return { name: 'UINT_64', convert: (value) => BigInt.asUintN(64, value as bigint) }
  }
  const isPlain = element.type === 'BYTE_ARRAY' && converted === undefined && logical === undefined
  return isPlain && binary === 'text' ? { name: 'UTF8', convert: textOfBytes } : undefined
}

/** The annotation of a group whose repeated group hyparquet shall show as it is: a list of structs. */
function groupTypeOf(tree: Pick<SchemaTree, 'element' | 'children'>): LogicalType | undefined {
  if (isMap(tree)) return { name: 'MAP', convert: mapOf(isTextKey(tree)) }
  return isListOfGroups(tree) ? { name: 'LIST', convert: itemsOf } : undefined
}

/** Whether a group is a map: its repeated group has a key and a value. */
export function isMap({ element, children }: Pick<SchemaTree, 'element' | 'children'>): boolean {
  const { converted_type: converted, logical_type: logical } = element
  const isAnnotated = converted === 'MAP' || converted === 'MAP_KEY_VALUE' || logical?.type === 'MAP'
  const [entries] = children
  return (
    isAnnotated &&
    children.length === 1 &&
    entries?.element.repetition_type === 'REPEATED' &&
    entries.children.length === 2
  )
}

/**
 * Whether the items of a list are its repeated groups themselves, not the fields in these (LogicalTypes.md of
 * apache/parquet-format, "Backward-compatibility rules").
 */
export function isListOfGroups({ element, children }: Pick<SchemaTree, 'element' | 'children'>): boolean {
  const [item] = children
  if (element.converted_type !== 'LIST' || children.length !== 1 || item?.element.repetition_type !== 'REPEATED')
    return false
  const { name } = item.element
  return (
    item.children.length > 1 || (item.children.length === 1 && (name === 'array' || name === `${element.name}_tuple`))
  )
}

function isTextKey({ children }: Pick<SchemaTree, 'children'>): boolean {
  const key = children[0]?.children[0]?.element
  return key?.type === 'BYTE_ARRAY' && (key.converted_type === 'UTF8' || key.converted_type === 'ENUM')
}

/** The value of the only field, which is the repeated group. */
function itemsOf(group: unknown): unknown {
  return Object.values(group as Record<string, unknown>)[0]
}

/** Maps of text are objects. A key of another type would change its type in an object. */
function mapOf(isText: boolean): Convert {
  return (group) => {
    const entries = (itemsOf(group) as Record<string, unknown>[]).map(
      (entry) => Object.values(entry) as [string, unknown],
    )
    // `fromEntries` makes a key called `__proto__` an own property.
    if (isText) return Object.fromEntries(entries.map(([key, value]) => [key, value ?? null]))
    return entries.map(([key, value]) => ({ key, value: value ?? null }))
  }
}

type TimeUnit = 'MILLIS' | 'MICROS' | 'NANOS'

/** Digits after the second. */
const DIGITS: Readonly<Record<TimeUnit, number>> = { MILLIS: 3, MICROS: 6, NANOS: 9 }

function timeOf(unit: TimeUnit): LogicalType {
  return { name: `TIME_${unit}`, convert: (value) => timeText(BigInt(value as number | bigint), DIGITS[unit]) }
}

/** A big-endian two's complement of any length, or an integer. */
function integerOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint)
  let integer = 0n
  for (const byte of value) integer = (integer << 8n) | BigInt(byte)
  return BigInt.asIntN(value.length * 8, integer)
}

function textOfInterval(value: unknown): string {
  const bytes = Buffer.from(value as Uint8Array)
  return intervalText({
    months: bytes.readUInt32LE(0),
    days: bytes.readUInt32LE(4),
    milliseconds: bytes.readUInt32LE(8),
  })
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

function textOfBytes(value: unknown): string {
  try {
    return decoder.decode(value as Uint8Array)
  } catch {
    throw new Error('it has bytes without a type that are not UTF-8 text')
  }
}

/**
 * The conversion of all values of a top-level column, as hyparquet assembles them.
 *
 * @param types - the logical types that were taken from the elements
 * @returns undefined when nothing is to be converted
 */
export function conversionOf(tree: SchemaTree, types: ReadonlyMap<SchemaElement, LogicalType>): Convert | undefined {
  const convert = conversionWithin(tree, types)
  // Of a repeated leaf, hyparquet gives null for no values, and undefined where the list itself is missing.
  const empty = hasRepeatedLeaf(tree) ? () => [] : undefined
  if (empty !== undefined && tree.element.repetition_type === 'REPEATED') return (value) => list(value, convert) ?? []
  if (empty !== undefined) return (value) => (value === undefined ? null : (list(value, convert) ?? []))
  if (convert === undefined) return undefined
  return (value) => (value === null || value === undefined ? null : convert(value))
}

/** Whether a column is a repeated leaf, or a list of one, as older writers make them. */
function hasRepeatedLeaf({ element, children }: SchemaTree): boolean {
  if (children.length === 0) return element.repetition_type === 'REPEATED'
  const [item] = children
  return element.converted_type === 'LIST' && children.length === 1 && item?.children.length === 0
}

function list(values: unknown, convert: Convert | undefined): unknown {
  return convert !== undefined && Array.isArray(values) ? convert(values) : values
}

function conversionWithin(tree: SchemaTree, types: ReadonlyMap<SchemaElement, LogicalType>): Convert | undefined {
  const { element, children } = tree
  const own = types.get(element)?.convert
  const [only] = children
  if (only === undefined) return own && element.repetition_type === 'REPEATED' ? eachOf(own) : own
  if (element.converted_type === 'LIST' && children.length === 1) {
    const item = only.children.length === 1 ? only.children[0] : undefined
    const convert = item === undefined ? types.get(only.element)?.convert : conversionOf(item, types)
    // hyparquet gives undefined for a group that is missing in a list.
    return convert === undefined && item !== undefined && item.children.length > 0
      ? eachOf(asIs)
      : convert && eachOf(convert)
  }
  const fields = new Map(children.map((child) => [child.element.name, conversionOf(child, types)]))
  // hyparquet gives undefined for a group that is missing in a group.
  const isPlain = children.every((child) => child.children.length === 0 && fields.get(child.element.name) === undefined)
  const within: Convert | undefined = isPlain ? undefined : (struct) => mapFields(struct, (name) => fields.get(name))
  const each = within !== undefined && element.repetition_type === 'REPEATED' ? eachOf(within) : within
  if (own === undefined) return each
  return each === undefined ? own : (value) => own(each(value))
}

function asIs(value: unknown): unknown {
  return value
}

function eachOf(convert: Convert): Convert {
  return (values) =>
    Array.isArray(values)
      ? values.map((value) => (value === null || value === undefined ? null : convert(value)))
      : values
}

function mapFields(object: unknown, convertOf: (name: string) => Convert | undefined): unknown {
  const entries = Object.entries(object as Record<string, unknown>)
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const convert = convertOf(name)
      return [name, (convert === undefined ? value : convert(value)) ?? null]
    }),
  )
}
