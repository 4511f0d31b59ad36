/**
 * Dotted paths of nested fields, as columns, metrics and messages name them: keys joined by dots, with dots and
 * backslashes inside a key escaped by a backslash, so that every path leads back to its keys.
 */

/** Appends `key` to `path`; no path is the record itself. */
export function joinPath(path: string | undefined, key: string): string {
  const escaped = /[.\\]/.test(key) ? key.replace(/[.\\]/g, '\\$&') : key
  return path === undefined ? escaped : `${path}.${escaped}`
}

/** The keys of a path. */
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
