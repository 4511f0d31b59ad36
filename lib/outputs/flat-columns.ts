/**
 * Tells which rows a Parquet file gives back exactly as they were, and finds the columns of those rows.
 */
import { isDate, isProxy } from 'node:util/types'
import { fitsInt64 } from '../../sinks/columns/cells.ts'
import type { ColumnType, Schema } from '../../sinks/columns/column.ts'
import { joinPath } from '../core/field-path.ts'
import type { ResultRecord } from '../core/record.ts'

/** A wider table would have a footer as large as its rows. */
const MAX_COLUMNS = 200

/**
 * The columns of rows that are alike. A row fits when it is a plain object with the keys of the first row in the same
 * order, and each value is null or of the one kind its column has: a number, a well-formed string, a boolean, a valid
 * Date, or a bigint of 64 bits. A column of nulls takes the kind of its first value. Keys must be non-empty and well
 * formed, and there may be 200 of them.
 */
export class FlatColumns {
  #keys: readonly string[] | undefined
  #types: (ColumnType | undefined)[] = []
  #ended = false

  /** Takes rows up to the first that does not fit, and none any more after that. Returns how many it took. */
  take(rows: readonly ResultRecord[]): number {
    if (this.#ended) return 0
    const fitting = rows.findIndex((row) => !this.#fits(row))
    this.#ended = fitting >= 0
    return this.#ended ? fitting : rows.length
  }

  /** The columns, as a Parquet file has them; null when there was no row, or one that did not fit. */
  get schema(): Schema | null {
    if (this.#ended || this.#keys === undefined) return null
    // A column of nulls only counts as text.
    return Object.fromEntries(this.#keys.map((key, i) => [joinPath(undefined, key), this.#types[i] ?? 'utf8']))
  }

  #fits(row: ResultRecord): boolean {
    // A sink would write what toJSON returns, even where it is not among the keys.
    if (!isPlainObject(row) || typeof row['toJSON'] === 'function') return false
    const keys = Object.keys(row)
    this.#keys ??= areColumnNames(keys) ? keys : []
    if (keys.length !== this.#keys.length || keys.length === 0) return false
    return keys.every((key, i) => key === this.#keys?.[i] && this.#takes(row[key], i))
  }

  #takes(value: unknown, column: number): boolean {
    if (value === null) return true
    const type = typeOf(value)
    if (type === undefined) return false
    const known = (this.#types[column] ??= type)
    return known === type
  }
}

/** Whether `value` is an object as braces make it; a Proxy of one is not, as it cannot be serialized. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isProxy(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function areColumnNames(keys: readonly string[]): boolean {
  // Readers take a byte order mark for none of the name.
  return keys.length <= MAX_COLUMNS && keys.every((key) => /^[^\ufeff]/u.test(key) && key.isWellFormed())
}

function typeOf(value: unknown): ColumnType | undefined {
  switch (typeof value) {
    case 'number':
      return 'double'
    case 'string':
      return value.isWellFormed() ? 'utf8' : undefined
    case 'boolean':
      return 'boolean'
    case 'bigint':
      return fitsInt64(value) ? 'int64' : undefined
    case 'object':
      return isValidDate(value) ? 'timestamp' : undefined
    default:
      return undefined
  }
}

function isValidDate(value: unknown): boolean {
  return isDate(value) && Object.getPrototypeOf(value) === Date.prototype && !Number.isNaN(value.getTime())
}
