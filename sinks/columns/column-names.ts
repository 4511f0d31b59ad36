/**
 * The names that columns have in a file. A column is known by its path: the keys of its field, joined by dots, with a
 * backslash before dots and backslashes in a key. In the file it has the keys joined by dots alone, as other tools name
 * their columns. Where two columns would have one name, they keep the backslashes.
 */
import { joinPath, splitPath } from '../../lib/core/field-path.ts'

/** The names of the columns of one file, by their paths, in the same order. All names differ. */
export function columnNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => splitPath(path).join('.'))
  // An escaped name may be the plain name of another column. The loop ends, as escaped names are never the same.
  while (escapeRepeated(names, paths));
  return names
}

/** Whether a name was changed. */
function escapeRepeated(names: string[], paths: readonly string[]): boolean {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  if (counts.size === names.length) return false
  let changed = false
  names.forEach((name, index) => {
    const escaped = escape(paths[index] as string)
    if (counts.get(name) === 1 || name === escaped) return
    names[index] = escaped
    changed = true
  })
  return changed
}

/** A path in its one spelling. */
function escape(path: string): string {
  return splitPath(path).reduce<string | undefined>(joinPath, undefined) as string
}
