/**
 * The buffer for each type of a leaf.
 */
import { decimalOf, type ColumnType, type NestedType } from '../../columns/column-type.ts'
import { timeDigitsOf, timestampUnitOf } from '../../columns/logical-cells.ts'
import { BooleanColumn } from './boolean-column.ts'
import { BytesColumn, TextColumn } from './byte-array-column.ts'
import type { ColumnBuffer, RowGroupSize } from './column-buffer.ts'
import { FixedBytesColumn } from './fixed-bytes-column.ts'
import { NullColumn } from './null-column.ts'
import { DoubleColumn, FloatColumn, Int32Column, Int64Column } from './number-column.ts'
import { dates, decimals, INTERVAL, longDecimals, times, timestamps, UINT32, UINT64, UUID } from './stored-types.ts'

/** The type of a leaf. */
export type LeafType = Exclude<ColumnType, NestedType>

/** Decimals with up to this many digits are stored in 32 bits, and in 64 bits. */
export const INT32_DIGITS = 9
export const INT64_DIGITS = 18

/** Creates the buffer for a leaf of `type`. */
export function createBuffer(type: LeafType | null, size: RowGroupSize): ColumnBuffer {
  switch (type) {
    case 'boolean':
      return new BooleanColumn(size)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
      return new Int32Column(size)
    case 'uint32':
      return new Int32Column(size, UINT32)
    case 'int64':
      return new Int64Column(size)
    case 'uint64':
      return new Int64Column(size, UINT64)
    case 'float':
      return new FloatColumn(size)
    case 'double':
      return new DoubleColumn(size)
    case 'date':
      return new Int32Column(size, dates)
    case 'interval':
      return new FixedBytesColumn(size, INTERVAL)
    case 'uuid':
      return new FixedBytesColumn(size, UUID)
    case 'utf8':
      return new TextColumn(size, false)
    case 'json':
      return new TextColumn(size, true)
    case 'bytes':
      return new BytesColumn(size)
    case null:
      return new NullColumn(size)
    default:
      return bufferOfUnit(type, size)
  }
}

/** The buffer for a type whose name has a unit or digits. */
function bufferOfUnit(type: LeafType, size: RowGroupSize): ColumnBuffer {
  const unit = timestampUnitOf(type)
  if (unit !== undefined) return new Int64Column(size, timestamps(unit))
  const digits = timeDigitsOf(type)
  if (digits !== undefined) {
    return digits === 3 ? new Int32Column(size, times(digits)) : new Int64Column(size, times(digits))
  }
  const decimal = decimalOf(type)
  if (decimal === undefined) throw new TypeError(`${type} is not the type of a column`)
  const { precision } = decimal
  if (precision <= INT32_DIGITS) return new Int32Column(size, decimals(decimal))
  return precision <= INT64_DIGITS
    ? new Int64Column(size, decimals(decimal))
    : new FixedBytesColumn(size, longDecimals(decimal))
}
