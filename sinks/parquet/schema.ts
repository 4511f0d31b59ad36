/**
 * The schema of a Parquet file: the physical type and the logical type of each leaf. For older readers it also has a
 * converted type. A dot in a column name does not create a group. Lists and maps have the three levels of
 * LogicalTypes.md (apache/parquet-format).
 */
import { fileNameOf, isNullable, type Column } from '../columns/column.ts'
import {
  decimalOf,
  fieldOf,
  isNestedType,
  type ColumnType,
  type FieldType,
  type NestedType,
} from '../columns/column-type.ts'
import { timeDigitsOf, timestampUnitOf } from '../columns/logical-cells.ts'
import { TIMESTAMP_DIGITS } from '../values/precise-date.ts'
import { INT32_DIGITS, INT64_DIGITS, type LeafType } from './encoding/create-buffer.ts'
import { INTERVAL, LONG_DECIMAL_BYTES, UUID } from './encoding/stored-types.ts'
import {
  ConvertedType,
  DateType,
  DecimalType,
  FieldRepetitionType,
  IntType,
  JsonType,
  ListType,
  LogicalType,
  MapType,
  MicroSeconds,
  MilliSeconds,
  SchemaElement,
  SerializedStruct,
  StringType,
  TimestampType,
  TimeType,
  TimeUnit,
  Type,
  type ThriftStruct,
} from './thrift/thrift.ts'

/** A leaf of a schema. */
export interface SchemaLeaf {
  /** Its name, after those of the groups that it is in. */
  readonly path: readonly string[]
  readonly physical: number
}

interface ParquetType {
  readonly physical: number
  readonly converted?: number
  readonly logical?: ThriftStruct
  /** Bytes of a FIXED_LEN_BYTE_ARRAY. */
  readonly byteLength?: number
  readonly precision?: number
  readonly scale?: number
}

/** Units and types that are younger than the generated code: the number of the field in their union, an empty struct. */
const NANOSECONDS = new SerializedStruct(Buffer.of(0x3c, 0, 0))
const UUID_TYPE = new SerializedStruct(Buffer.of(0xec, 0, 0))

const UNITS: Readonly<Record<number, ThriftStruct>> = {
  3: new TimeUnit({ MILLIS: new MilliSeconds() }),
  6: new TimeUnit({ MICROS: new MicroSeconds() }),
  9: NANOSECONDS,
}

function integerType(bitWidth: number, isSigned: boolean): ParquetType {
  return {
    physical: bitWidth === 64 ? Type.INT64 : Type.INT32,
    converted: ConvertedType[`${isSigned ? '' : 'U'}INT_${bitWidth}` as 'INT_8'],
    logical: new LogicalType({ INTEGER: new IntType({ bitWidth, isSigned }) }),
  }
}

const PARQUET_TYPES: Readonly<Partial<Record<LeafType, ParquetType>>> = {
  boolean: { physical: Type.BOOLEAN },
  int8: integerType(8, true),
  int16: integerType(16, true),
  int32: { physical: Type.INT32 },
  int64: { physical: Type.INT64 },
  uint8: integerType(8, false),
  uint16: integerType(16, false),
  uint32: integerType(32, false),
  uint64: integerType(64, false),
  float: { physical: Type.FLOAT },
  double: { physical: Type.DOUBLE },
  date: {
    physical: Type.INT32,
    converted: ConvertedType.DATE,
    logical: new LogicalType({ DATE: new DateType() }),
  },
  interval: {
    physical: Type.FIXED_LEN_BYTE_ARRAY,
    byteLength: INTERVAL.byteLength,
    converted: ConvertedType.INTERVAL,
  },
  uuid: { physical: Type.FIXED_LEN_BYTE_ARRAY, byteLength: UUID.byteLength, logical: UUID_TYPE },
  utf8: {
    physical: Type.BYTE_ARRAY,
    converted: ConvertedType.UTF8,
    logical: new LogicalType({ STRING: new StringType() }),
  },
  json: {
    physical: Type.BYTE_ARRAY,
    converted: ConvertedType.JSON,
    logical: new LogicalType({ JSON: new JsonType() }),
  },
  bytes: { physical: Type.BYTE_ARRAY },
}

/** The schema in the form of the footer: the root, then the columns in file order, each before the fields in it. */
export function schemaElements(columns: readonly Column[]): ThriftStruct[] {
  const elements = columns.flatMap((column) =>
    elementsOf(fileNameOf(column), column.type ?? 'utf8', isNullable(column)),
  )
  return [new SchemaElement({ name: 'schema', num_children: columns.length }), ...elements]
}

/** The leaves of a schema, in the order of their column chunks. A column without a type counts as utf8. */
export function leavesOf(columns: readonly Column[]): SchemaLeaf[] {
  return columns.flatMap((column) => leavesIn([fileNameOf(column)], column.type ?? 'utf8'))
}

function elementsOf(name: string, type: ColumnType, nullable: boolean): ThriftStruct[] {
  const repetition_type = nullable ? FieldRepetitionType.OPTIONAL : FieldRepetitionType.REQUIRED
  if (!isNestedType(type)) return [leafElement(name, type, repetition_type)]
  const fields = fieldsOf(type)
  const within = fields.flatMap(([field, fieldType]) => {
    const { type: inner, nullable: optional } = fieldOf(fieldType)
    return elementsOf(field, inner, optional)
  })
  if ('struct' in type) return [new SchemaElement({ name, repetition_type, num_children: fields.length }), ...within]
  const isList = 'list' in type
  return [
    new SchemaElement({
      name,
      repetition_type,
      num_children: 1,
      converted_type: isList ? ConvertedType.LIST : ConvertedType.MAP,
      logicalType: new LogicalType(isList ? { LIST: new ListType() } : { MAP: new MapType() }),
    }),
    new SchemaElement({
      name: repeatedNameOf(type),
      repetition_type: FieldRepetitionType.REPEATED,
      num_children: fields.length,
    }),
    ...within,
  ]
}

function leavesIn(path: readonly string[], type: ColumnType): SchemaLeaf[] {
  if (!isNestedType(type)) return [{ path, physical: parquetTypeOf(type).physical }]
  const outer = 'struct' in type ? path : [...path, repeatedNameOf(type)]
  return fieldsOf(type).flatMap(([name, field]) => leavesIn([...outer, name], fieldOf(field).type))
}

/** The names of the fields within a nested type, and their types. */
function fieldsOf(type: NestedType): (readonly [string, FieldType])[] {
  if ('struct' in type) return Object.entries(type.struct)
  if ('list' in type) return [['element', type.list]]
  return [
    ['key', { type: type.map.key, nullable: false }],
    ['value', type.map.value],
  ]
}

function repeatedNameOf(type: NestedType): string {
  return 'list' in type ? 'list' : 'key_value'
}

function leafElement(name: string, type: LeafType, repetition_type: number): ThriftStruct {
  const { physical, converted, logical, byteLength, precision, scale } = parquetTypeOf(type)
  return new SchemaElement({
    type: physical,
    type_length: byteLength,
    repetition_type,
    name,
    converted_type: converted,
    precision,
    scale,
    logicalType: logical,
  })
}

function parquetTypeOf(type: LeafType): ParquetType {
  return PARQUET_TYPES[type] ?? timestampType(type) ?? timeType(type) ?? decimalType(type)
}

function timestampType(type: LeafType): ParquetType | undefined {
  const unit = timestampUnitOf(type)
  if (unit === undefined) return undefined
  const isAdjustedToUTC = !type.endsWith('_local')
  const { TIMESTAMP_MILLIS, TIMESTAMP_MICROS } = ConvertedType
  const converted = { timestamp: TIMESTAMP_MILLIS, timestamp_micros: TIMESTAMP_MICROS, timestamp_nanos: undefined }[
    unit
  ]
  return {
    physical: Type.INT64,
    // The converted types mean UTC.
    ...(isAdjustedToUTC && converted !== undefined && { converted }),
    logical: new LogicalType({
      TIMESTAMP: new TimestampType({ isAdjustedToUTC, unit: UNITS[TIMESTAMP_DIGITS[unit]] as ThriftStruct }),
    }),
  }
}

function timeType(type: LeafType): ParquetType | undefined {
  const digits = timeDigitsOf(type)
  if (digits === undefined) return undefined
  const isAdjustedToUTC = type.endsWith('_utc')
  const converted = { 3: ConvertedType.TIME_MILLIS, 6: ConvertedType.TIME_MICROS }[digits]
  return {
    physical: digits === 3 ? Type.INT32 : Type.INT64,
    ...(isAdjustedToUTC && converted !== undefined && { converted }),
    logical: new LogicalType({ TIME: new TimeType({ isAdjustedToUTC, unit: UNITS[digits] as ThriftStruct }) }),
  }
}

function decimalType(type: LeafType): ParquetType {
  const decimal = decimalOf(type)
  if (decimal === undefined) throw new TypeError(`${type} is not the type of a column`)
  const { precision } = decimal
  const isLong = precision > INT64_DIGITS
  const integer = precision <= INT32_DIGITS ? Type.INT32 : Type.INT64
  return {
    physical: isLong ? Type.FIXED_LEN_BYTE_ARRAY : integer,
    ...(isLong && { byteLength: LONG_DECIMAL_BYTES }),
    converted: ConvertedType.DECIMAL,
    logical: new LogicalType({ DECIMAL: new DecimalType(decimal) }),
    ...decimal,
  }
}
