/**
 * Dotted paths of nested fields, used as names in columns, metrics and messages. A path is its keys joined by dots.
 * Dots and backslashes inside a key are escaped with a backslash. So a path can be split into its keys again.
 */

/** Appends `key` to `path`; an undefined path means the record itself. */
export function joinPath(path: string | undefined, key: string): string {
  const escaped = /[.\\]/.test(key) ? key.replace(/[.\\]/g, '\\$&') : key
  return path === undefined ? escaped : `${path}.${escaped}`
}

/** Splits a path into its keys: the inverse of {@link joinPath}. */
export function splitPath(path: string): string[] {
  const keys: string[] = []
  let key = ''
  for (let i = 0; i < path.length; i++) {
    if (path[i] === '\\' && i + 1 < path.length) key += path[++i] as string
    else if (path[i] === '.') {
      keys.push(key)
      key = ''
    } else key += path[i] as string
  }
  keys.push(key)
  return keys
}
