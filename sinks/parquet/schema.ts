/**
 * The schema of a Parquet file: the physical type and the logical type of each column. For older readers it also has a
 * converted type. The schema is flat: a dot in a column name does not create a group.
 */
import { isNullable, type Column, type ColumnType } from '../columns/column.ts'
import {
  ConvertedType,
  DateType,
  FieldRepetitionType,
  JsonType,
  LogicalType,
  MicroSeconds,
  MilliSeconds,
  SchemaElement,
  SerializedStruct,
  StringType,
  TimestampType,
  TimeUnit,
  Type,
  type ThriftStruct,
} from './thrift/thrift.ts'

interface ParquetType {
  readonly physical: number
  readonly converted?: number
  readonly logical?: ThriftStruct
}

/** The unit of nanoseconds: field 3 with an empty struct. The generated code is older than this unit. */
const NANOSECONDS = new SerializedStruct(Buffer.of(0x3c, 0, 0))

function timestampUtc(unit: ThriftStruct): ThriftStruct {
  return new LogicalType({ TIMESTAMP: new TimestampType({ isAdjustedToUTC: true, unit }) })
}

const PARQUET_TYPES: Readonly<Record<ColumnType, ParquetType>> = {
  boolean: { physical: Type.BOOLEAN },
  int32: { physical: Type.INT32 },
  int64: { physical: Type.INT64 },
  double: { physical: Type.DOUBLE },
  date: {
    physical: Type.INT32,
    converted: ConvertedType.DATE,
    logical: new LogicalType({ DATE: new DateType() }),
  },
  timestamp: {
    physical: Type.INT64,
    converted: ConvertedType.TIMESTAMP_MILLIS,
    logical: timestampUtc(new TimeUnit({ MILLIS: new MilliSeconds() })),
  },
  timestamp_micros: {
    physical: Type.INT64,
    converted: ConvertedType.TIMESTAMP_MICROS,
    logical: timestampUtc(new TimeUnit({ MICROS: new MicroSeconds() })),
  },
  timestamp_nanos: { physical: Type.INT64, logical: timestampUtc(NANOSECONDS) },
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

/** The current physical type of a column. A column without a type counts as utf8. */
export function physicalTypeOf(column: Column): number {
  return parquetTypeOf(column).physical
}

/** The schema in the form of the footer: the root, then the columns in file order. */
export function schemaElements(columns: readonly Column[]): ThriftStruct[] {
  return [new SchemaElement({ name: 'schema', num_children: columns.length }), ...columns.map(schemaElement)]
}

function schemaElement(column: Column): ThriftStruct {
  const { physical, converted, logical } = parquetTypeOf(column)
  return new SchemaElement({
    type: physical,
    repetition_type: isNullable(column) ? FieldRepetitionType.OPTIONAL : FieldRepetitionType.REQUIRED,
    name: column.name,
    converted_type: converted,
    logicalType: logical,
  })
}

function parquetTypeOf({ type }: Column): ParquetType {
  return PARQUET_TYPES[type ?? 'utf8']
}
