/**
 * Turns dotted columns into nested objects: `{ 'a.b': 1 }` becomes `{ a: { b: 1 } }`. A dot after a backslash is part
 * of the key. Keys are untrusted input, so each one becomes an own property, also `__proto__`.
 */
import { shortText } from './errors.ts'
import { joinPath, splitPath } from './field-path.ts'
import type { ResultRecord } from './record.ts'

type Fields = Record<string, unknown>

/** The most paths to cache. The names of further columns are split for each record. */
const MAX_KNOWN_PATHS = 10_000

/** A record has a value in a column and another one below it, such as `a` and `a.b`. No object can hold both. */
export class NestConflict extends Error {
  override readonly name = 'NestConflict'
  /** The column that cannot be nested, or that has a value where an object is needed. */
  readonly field: string

  constructor(field: string) {
    super(`both ${shortText(field)} and a column below it or of the same path have a value`)
    this.field = field
  }
}

/** Nests records. Memory: the cached paths of up to 10,000 columns. */
export class Nester {
  readonly #paths: Map<string, readonly string[]>

  /** @param paths - the keys of columns whose names are not their paths */
  constructor(paths: Iterable<readonly [string, readonly string[]]> = []) {
    this.#paths = new Map(paths)
  }

  /**
   * Returns the nested form of `record`, which is not changed. Returns the record itself if none of its names is
   * dotted. If a column and one below it both occur and one of them is null, the null is dropped.
   *
   * @throws {NestConflict} if both have a value
   */
  nest(record: ResultRecord): ResultRecord {
    const names = Object.keys(record)
    if (names.every((name) => this.#pathOf(name).length === 1 && this.#pathOf(name)[0] === name)) return record
    const nested: Fields = {}
    const made = new Set<unknown>([nested])
    for (const name of names) this.#put(nested, made, name, record[name])
    return nested
  }

  /** @param made - the objects created for this record; any other object in it is a value */
  #put(nested: Fields, made: Set<unknown>, name: string, value: unknown): void {
    const path = this.#pathOf(name)
    let parent = nested
    for (let depth = 0; depth < path.length - 1; depth++) {
      const key = path[depth] as string
      let child = ownValue(parent, key)
      if (!made.has(child)) {
        if (child !== undefined && child !== null) {
          if (value === null || value === undefined) return
          throw new NestConflict(path.slice(0, depth + 1).reduce<string | undefined>(joinPath, undefined) ?? name)
        }
        child = {}
        made.add(child)
        setOwn(parent, key, child)
      }
      parent = child as Fields
    }
    const key = path.at(-1) as string
    const present = ownValue(parent, key)
    if (isNothing(present, made)) setOwn(parent, key, value)
    else if (value !== null && value !== undefined) throw new NestConflict(name)
  }

  #pathOf(name: string): readonly string[] {
    let path = this.#paths.get(name)
    if (path === undefined) {
      path = /[.\\]/.test(name) ? splitPath(name) : [name]
      if (this.#paths.size < MAX_KNOWN_PATHS) this.#paths.set(name, path)
    }
    return path
  }
}

/** Whether a value is null or missing, or an object created for columns that are all null. */
function isNothing(value: unknown, made: ReadonlySet<unknown>): boolean {
  // A loop, because the name of a column may have more dots than the call stack has room.
  const open = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (made.has(next)) for (const item of Object.values(next as Fields)) open.push(item)
    else if (next !== undefined && next !== null) return false
  }
  return true
}

function ownValue(object: Fields, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function setOwn(object: Fields, key: string, value: unknown): void {
  // An assignment to `__proto__` would set the prototype.
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else object[key] = value
}
