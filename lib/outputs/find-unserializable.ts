/**
 * Finds the part of a value that cannot be serialized, because the error of `v8.serialize` does not name its place.
 */
import { Stream } from 'node:stream'
import { isAnyArrayBuffer, isBoxedPrimitive, isDate, isNativeError, isProxy, isRegExp } from 'node:util/types'
import { serialize } from 'node:v8'
import { describeRefused } from '../../sinks/values/values.ts'
import { messageOf } from '../core/errors.ts'

/** A value that cannot be serialized: its path (`output.model.predict`) and the problem (`is a function`). */
export interface Unserializable {
  readonly path: string
  readonly problem: string
}

/** Greatest depth of the search; a value that is nested deeper is most likely a mistake. */
const MAX_DEPTH = 1000

/**
 * Finds the first value in `value` that cannot be serialized; undefined when none is found.
 *
 * @param path - the path of `value` itself
 */
export function findUnserializable(value: unknown, path: string): Unserializable | undefined {
  return search(value, path, new Set(), 0)
}

function search(value: unknown, path: string, seen: Set<object>, depth: number): Unserializable | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return { path, problem: `is a ${typeof value}` }
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  if (value instanceof Stream) return { path, problem: 'is a stream' }
  if (isProxy(value)) return { path, problem: 'is a Proxy' }
  if (depth === MAX_DEPTH)
    return { path: `${path.slice(0, 60)}...`, problem: `is nested deeper than ${MAX_DEPTH} levels` }
  seen.add(value)
  for (const [step, read] of membersOf(value)) {
    const found = searchMember(read, path + step, seen, depth + 1)
    if (found !== undefined) return found
  }
  if ((!isContainer(value) && Object.keys(value).length > 0) || isSerializable(value)) return undefined
  return { path, problem: `is ${describeRefused(value)}` }
}

function searchMember(read: () => unknown, path: string, seen: Set<object>, depth: number): Unserializable | undefined {
  let member: unknown
  try {
    member = read()
  } catch (thrown) {
    return { path, problem: `cannot be read (${messageOf(thrown)})` }
  }
  return search(member, path, seen, depth)
}

/** The members of an object that are serialized with it, each with the last step of its path. */
function* membersOf(object: object): Generator<readonly [step: string, read: () => unknown]> {
  if (object instanceof Map) {
    let index = 0
    for (const [key, value] of object as Map<unknown, unknown>) {
      yield [`.keys()[${index}]`, () => key]
      yield [typeof key === 'string' ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`, () => value]
      index += 1
    }
  } else if (object instanceof Set) {
    let index = 0
    for (const value of object as Set<unknown>) yield [`.values()[${index++}]`, () => value]
  }
  if (isContainer(object)) return
  const isArray = Array.isArray(object)
  for (const key of Object.keys(object)) {
    yield [isArray ? `[${key}]` : stepTo(key), () => (object as Record<string, unknown>)[key]]
  }
}

function stepTo(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** Whether an object is serialized by its content, not by its fields. */
function isContainer(object: object): boolean {
  if (object instanceof Map || object instanceof Set || ArrayBuffer.isView(object)) return true
  return (
    isAnyArrayBuffer(object) || isDate(object) || isRegExp(object) || isBoxedPrimitive(object) || isNativeError(object)
  )
}

function isSerializable(value: object): boolean {
  try {
    serialize(value)
    return true
  } catch {
    return false
  }
}
