/**
 * Decides whether the rows of an output can be stored one by one. This is not possible if a row refers to a row, or if
 * any value refers to the whole output. Each row would then be stored with a copy of everything it refers to.
 */
import type { ResultRecord } from '../core/record.ts'

/** Number of visited objects that are recorded, so that none is visited twice. */
const MAX_SEEN = 1_000_000

/**
 * Whether a row refers to a row, or any value refers to the whole output or to a table. The search has a limit: more
 * than a million objects below one row, or in the other values, count as a cross-reference.
 *
 * @param whole - the output
 * @param tables - the arrays of rows in the output
 * @param others - the other values of the output
 */
export function hasCrossReferences(
  whole: object,
  tables: readonly (readonly ResultRecord[])[],
  others: readonly unknown[],
): boolean {
  const targets = new Set<unknown>([whole, ...tables])
  if (reaches(others, targets, new Set())) return true
  // The most frequent case: flat rows refer to no objects.
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

/** Whether a value can refer to other objects. */
function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value)
}

function membersOf(object: object): Iterable<unknown> {
  if (object instanceof Map) return [...object.keys(), ...object.values()] as unknown[]
  if (object instanceof Set) return object
  return Array.isArray(object) ? (object as unknown[]) : (Object.values(object) as unknown[])
}
