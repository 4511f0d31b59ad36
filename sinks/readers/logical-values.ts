/**
 * Values of logical types that hyparquet would change: it makes numbers of decimals, and refuses intervals. Their
 * annotations are removed from the schema that it sees, and its values are converted here.
 */
import type { SchemaElement, SchemaTree } from './hyparquet.ts'

/** Converts a value of a leaf that is not null, as hyparquet decodes it without the annotation. */
type Convert = (value: unknown) => unknown

/** The logical type of a leaf. */
export interface LogicalType {
  /** Its name in the format. */
  readonly name: string
  readonly convert: Convert
}

/**
 * Takes the logical type from a leaf.
 *
 * @returns undefined when hyparquet decodes the leaf as it should be
 */
export function takeLogicalType(element: SchemaElement): LogicalType | undefined {
  const type = logicalTypeOf(element)
  if (type === undefined) return undefined
  delete element.converted_type
  delete element.logical_type
  return type
}

function logicalTypeOf(element: SchemaElement): LogicalType | undefined {
  const { converted_type: converted, logical_type: logical } = element
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const scale = element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0)
    return { name: 'DECIMAL', convert: (value) => decimalText(integerOf(value), scale) }
  }
  if (converted === 'TIME_MILLIS') return timeOf('MILLIS')
  if (converted === 'TIME_MICROS') return timeOf('MICROS')
  if (logical?.type === 'TIME') return timeOf(logical.unit)
  if (converted === 'INTERVAL') return { name: 'INTERVAL', convert: intervalText }
  if (converted === 'BSON') return { name: 'BSON', convert: (value) => value }
  const isUint64 = logical?.type === 'INTEGER' && logical.bitWidth === 64 && !logical.isSigned
  if (converted === 'UINT_64' || isUint64) {
    return { name: 'UINT_64', convert: (value) => BigInt.asUintN(64, value as bigint) }
  }
  return undefined
}

type TimeUnit = 'MILLIS' | 'MICROS' | 'NANOS'

/** Digits after the second. */
const DIGITS: Readonly<Record<TimeUnit, number>> = { MILLIS: 3, MICROS: 6, NANOS: 9 }

function timeOf(unit: TimeUnit): LogicalType {
  return { name: `TIME_${unit}`, convert: (value) => timeText(BigInt(value as number | bigint), DIGITS[unit]) }
}

/** A time of day, as `12:34:56.789012`. */
function timeText(time: bigint, digits: number): string {
  const perSecond = 10n ** BigInt(digits)
  const seconds = time / perSecond
  const fields = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((field) => String(field).padStart(2, '0'))
  return `${fields.join(':')}.${String(time % perSecond).padStart(digits, '0')}`
}

/** A big-endian two's complement of any length, or an integer. */
function integerOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint)
  let integer = 0n
  for (const byte of value) integer = (integer << 8n) | BigInt(byte)
  return BigInt.asIntN(value.length * 8, integer)
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** An interval of months, days and milliseconds, as an ISO 8601 duration: `P1M2DT3.004S`. */
function intervalText(value: unknown): string {
  const bytes = Buffer.from(value as Uint8Array)
  const [months, days, ms] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)]
  const date = `${months === 0 ? '' : `${months}M`}${days === 0 ? '' : `${days}D`}`
  const time = ms === 0 ? '' : `T${ms / 1000}S`
  return date + time === '' ? 'PT0S' : `P${date}${time}`
}

/**
 * The conversion of all values of a top-level column, as hyparquet assembles them: lists are arrays, maps and structs are
 * objects.
 *
 * @param types - the logical types that were taken from the leaves
 * @returns undefined when nothing is to be converted
 */
export function conversionOf(tree: SchemaTree, types: ReadonlyMap<SchemaElement, LogicalType>): Convert | undefined {
  const convert = conversionWithin(tree, types)
  if (convert === undefined) return undefined
  return (value) => (value === null || value === undefined ? null : convert(value))
}

function conversionWithin(tree: SchemaTree, types: ReadonlyMap<SchemaElement, LogicalType>): Convert | undefined {
  const { element, children } = tree
  const [only] = children
  if (only === undefined) {
    const convert = types.get(element)?.convert
    return convert && element.repetition_type === 'REPEATED' ? eachOf(convert) : convert
  }
  if (element.converted_type === 'LIST' && children.length === 1) {
    const item = only.children.length === 1 ? only.children[0] : only
    const convert = item && (types.get(item.element)?.convert ?? conversionWithin(item, types))
    return convert && eachOf(convert)
  }
  if (element.converted_type === 'MAP' && only.children.length === 2) {
    const value = only.children[1] && conversionOf(only.children[1], types)
    return value && ((map) => mapFields(map, () => value))
  }
  const fields = new Map(children.map((child) => [child.element.name, conversionOf(child, types)]))
  if ([...fields.values()].every((convert) => convert === undefined)) return undefined
  return (struct) => mapFields(struct, (name) => fields.get(name))
}

function eachOf(convert: Convert): Convert {
  return (values) =>
    Array.isArray(values)
      ? values.map((value) => (value === null || value === undefined ? null : convert(value)))
      : values
}

function mapFields(object: unknown, convertOf: (name: string) => Convert | undefined): unknown {
  const entries = Object.entries(object as Record<string, unknown>)
  return Object.fromEntries(entries.map(([name, value]) => [name, convertOf(name)?.(value) ?? value]))
}
