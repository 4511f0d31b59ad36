/**
 * The header row of a CSV file: the names of its columns, and a function that creates records with them.
 */
import { quoteText, SpillwayError } from '../../lib/core/errors.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import type { CsvCell } from './csv-cells.ts'

/**
 * The column names of a header row. A column without a name is called `column_<n>`, counted from 1.
 *
 * @param renames - whether the second of two columns `a` is called `a_2`
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when two columns have the same name: one would overwrite the other
 */
export function headerNames(cells: readonly CsvCell[], line: number, renames: boolean): string[] {
  const names = cells.map((cell, index) => cell || `column_${index + 1}`)
  const seen = new Set<string>()
  const repeats = new Map<string, number>()
  const given = new Set(names)
  return names.map((name) => {
    let unique = name
    while (seen.has(unique)) {
      if (!renames) throw twoColumns(name, line)
      const count = (repeats.get(name) ?? 1) + 1
      repeats.set(name, count)
      if (!given.has(`${name}_${count}`)) unique = `${name}_${count}`
    }
    seen.add(unique)
    return unique
  })
}

function twoColumns(name: string, line: number): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `Line ${line} cannot be the header: two columns are named ${quoteText(name)}. Give each column a different name, or set \`renameDuplicates\`.`,
    { place: { line, field: name } },
  )
}

/** Returns a function that creates a record from values in the order of `names`. */
export function recordMaker(names: readonly string[]): (values: readonly unknown[]) => ResultRecord {
  if (names.includes('__proto__')) {
    // An assignment to `__proto__` would set the prototype. Object.fromEntries defines own properties.
    return (values) => Object.fromEntries(names.map((name, index) => [name, values[index]]))
  }
  return (values) => {
    const record: Record<string, unknown> = {}
    for (let index = 0; index < names.length; index++) record[names[index] as string] = values[index]
    return record
  }
}
