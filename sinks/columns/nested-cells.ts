/**
 * Cells of lists, structs and maps.
 */
import { customValue, kindOf } from '../values/values.ts'
import type { Cell } from './column.ts'
import { fieldOf, isNestedType, type ColumnType, type FieldType, type NestedType } from './column-type.ts'

/** Makes the cell of a value. Undefined when the value does not fit. */
type CellOf = (value: unknown) => Cell | undefined

/** Makes the cell of a value of any type that has no values within. */
type MakeCell = (value: unknown, type: ColumnType) => Cell | undefined

/** The function that makes the cells of a nested type. What depends on the type alone is done once. */
export function nestedCells(type: NestedType, make: MakeCell): CellOf {
  if ('list' in type) {
    const itemOf = fieldCells(type.list, make)
    return (value) => (Array.isArray(value) ? allOf(value, itemOf) : undefined)
  }
  return 'struct' in type ? structCells(type.struct, make) : mapCells(type.map.key, type.map.value, make)
}

/** For values within others, which may be null, or have a toJSON. */
function fieldCells(field: FieldType, make: MakeCell): CellOf {
  const { type, nullable } = fieldOf(field)
  const within = isNestedType(type) ? nestedCells(type, make) : (value: unknown) => make(value, type)
  const missing = nullable ? null : undefined
  const cellOf: CellOf = (value) => {
    // The other types need no look at their prototype.
    if (typeof value === 'number' || typeof value === 'string') return within(value)
    switch (kindOf(value)) {
      case 'nothing':
        return missing
      case 'refused':
        return undefined
      case 'custom':
        return cellOf(customValue(value))
      default:
        return within(value)
    }
  }
  return cellOf
}

function structCells(struct: Readonly<Record<string, FieldType>>, make: MakeCell): CellOf {
  const fields = Object.entries(struct).map(([name, field]) => [name, fieldCells(field, make)] as const)
  return (value) => {
    if (kindOf(value) !== 'object') return undefined
    const object = value as Record<string, unknown>
    for (const key of Object.keys(object)) {
      if (!Object.hasOwn(struct, key) && kindOf(object[key]) !== 'nothing') return undefined
    }
    return allOf(fields, ([name, cellOf]) => cellOf(Object.hasOwn(object, name) ? object[name] : undefined))
  }
}

function mapCells(keyType: ColumnType, field: FieldType, make: MakeCell): CellOf {
  const keyOf = fieldCells({ type: keyType, nullable: false }, make)
  const valueOf = fieldCells(field, make)
  const pair = ([key, value]: readonly [unknown, unknown]): Cell | undefined => {
    const keyCell = keyOf(key)
    const cell = valueOf(value)
    return keyCell === undefined || cell === undefined ? undefined : [keyCell, cell]
  }
  return (value) => {
    const entries = kindOf(value) === 'object' ? Object.entries(value as object) : entriesOf(value)
    return entries && allOf(entries, pair)
  }
}

/** The entries of an array of `{ key, value }`. Undefined for other values. */
function entriesOf(value: unknown): [unknown, unknown][] | undefined {
  if (!Array.isArray(value)) return undefined
  return allOf(value, (entry: { key?: unknown; value?: unknown } | null) => {
    if (kindOf(entry) !== 'object' || entry === null) return undefined
    return Object.keys(entry).every((name) => name === 'key' || name === 'value') ? [entry.key, entry.value] : undefined
  })
}

/** The results of `convert` for all items. Undefined when one of them is undefined. */
function allOf<Item, Result>(
  items: readonly Item[],
  convert: (item: Item) => Result | undefined,
): Result[] | undefined {
  const results: Result[] = []
  // Also visits the holes of a sparse array.
  for (let index = 0; index < items.length; index++) {
    const result = convert(items[index] as Item)
    if (result === undefined) return undefined
    results.push(result)
  }
  return results
}
