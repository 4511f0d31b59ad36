/**
 * Decides which rows a Parquet file can store without any change, and determines the columns of those rows.
 */
import { isDate, isProxy } from 'node:util/types'
import { fitsInt64 } from '../../sinks/columns/cells.ts'
import type { Schema } from '../../sinks/columns/column.ts'
import type { ColumnType } from '../../sinks/columns/column-type.ts'
import { joinPath } from '../core/field-path.ts'
import type { ResultRecord } from '../core/record.ts'

/** The footer of a wider table would be as large as its rows. */
const MAX_COLUMNS = 200

/**
 * Determines the columns of rows that have the same keys and types. A row fits when it is a plain object with the keys
 * of the first row, in the same order. Each value must be null or have the type of its column: a number, a well-formed
 * string, a boolean, a valid Date, or a bigint of 64 bits. A column that has only nulls gets the type of its first
 * other value. Keys must be non-empty and well-formed; at most 200 keys are allowed.
 */
export class FlatColumns {
  #keys: readonly string[] | undefined
  #types: (ColumnType | undefined)[] = []
  #ended = false

  /** Accepts rows up to the first that does not fit, and no row after it. Returns the number of accepted rows. */
  take(rows: readonly ResultRecord[]): number {
    if (this.#ended) return 0
    const fitting = rows.findIndex((row) => !this.#fits(row))
    this.#ended = fitting >= 0
    return this.#ended ? fitting : rows.length
  }

  /** The columns, in the types of a Parquet file; null before the first row, and after a row that did not fit. */
  get schema(): Schema | null {
    if (this.#ended || this.#keys === undefined) return null
    // A column that has only nulls counts as text.
    return Object.fromEntries(this.#keys.map((key, i) => [joinPath(undefined, key), this.#types[i] ?? 'utf8']))
  }

  #fits(row: ResultRecord): boolean {
    // A sink would write the result of toJSON, even if toJSON is not one of the keys.
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

/** Whether `value` has the prototype of an object literal, or none. A Proxy does not count: it cannot be serialized. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isProxy(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function areColumnNames(keys: readonly string[]): boolean {
  // Readers do not count a byte order mark at the start as part of the name.
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
