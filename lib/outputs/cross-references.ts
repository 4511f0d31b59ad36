/**
 * Tells whether rows can be stored apart from the object they are in. They cannot when something refers back: a row to
 * another row, or anything to the whole. Stored row by row, each row would take all of that along again and again.
 */
import type { ResultRecord } from '../core/record.ts'

/** Objects that are remembered on the way, so that none is visited twice. */
const MAX_SEEN = 1_000_000

/**
 * Whether a row refers to a row, or a row or something beside the rows to the whole or to one of the tables. More than
 * a million objects below one row, or beside the rows, count as entangled: nobody could tell.
 *
 * @param whole - the output
 * @param tables - the arrays of rows in it
 * @param beside - its other values
 */
export function hasCrossReferences(
  whole: object,
  tables: readonly (readonly ResultRecord[])[],
  beside: readonly unknown[],
): boolean {
  const targets = new Set<unknown>([whole, ...tables])
  if (reaches(beside, targets, new Set())) return true
  // Flat rows, the most frequent, need no look at what they refer to.
  if (!tables.some((rows) => rows.some(hasObjects))) return false
  for (const rows of tables) for (const row of rows) targets.add(row)
  const seen = new Set<object>()
  return tables.some((rows) =>
    rows.some((row) => {
      if (seen.size > MAX_SEEN / 2) seen.clear()
      return reaches(Object.values(row), targets, seen)
    }),
  )
}

function reaches(values: Iterable<unknown>, targets: ReadonlySet<unknown>, seen: Set<object>): boolean {
  const pending: Iterable<unknown>[] = [values]
  for (let members = pending.pop(); members !== undefined; members = pending.pop()) {
    for (const value of members) {
      if (!isObject(value) || seen.has(value)) continue
      if (targets.has(value) || seen.size === MAX_SEEN) return true
      seen.add(value)
      pending.push(membersOf(value))
    }
  }
  return false
}

function hasObjects(row: ResultRecord): boolean {
  return Object.values(row).some(isObject)
}

/** Whether a value may refer to others. */
function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value)
}

function membersOf(object: object): Iterable<unknown> {
  if (object instanceof Map) return [...object.keys(), ...object.values()] as unknown[]
  if (object instanceof Set) return object
  return Array.isArray(object) ? (object as unknown[]) : (Object.values(object) as unknown[])
}
