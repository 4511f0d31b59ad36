/**
 * Finds what keeps a value from being serialized, as the error of `v8.serialize` does not tell where it is.
 */
import { Stream } from 'node:stream'
import { isAnyArrayBuffer, isBoxedPrimitive, isDate, isNativeError, isProxy, isRegExp } from 'node:util/types'
import { serialize } from 'node:v8'
import { describeRefused } from '../../sinks/values/values.ts'
import { messageOf } from '../core/errors.ts'

/** What is to blame, and where: `output.model.predict`, `is a function`. */
interface Culprit {
  readonly path: string
  readonly problem: string
}

/** Levels that are searched; a value nested deeper is hardly one that somebody made on purpose. */
const MAX_DEPTH = 1000

/** The first value below `value` that cannot be serialized; undefined when none is found. */
export function findUnserializable(value: unknown, path: string): Culprit | undefined {
  return search(value, path, new Set(), 0)
}

function search(value: unknown, path: string, seen: Set<object>, depth: number): Culprit | undefined {
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

function searchMember(read: () => unknown, path: string, seen: Set<object>, depth: number): Culprit | undefined {
  let member: unknown
  try {
    member = read()
  } catch (thrown) {
    return { path, problem: `cannot be read (${messageOf(thrown)})` }
  }
  return search(member, path, seen, depth)
}

/** The members of an object that are serialized with it, each with the step of the path that leads there. */
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

/** Whether an object is serialized by what is in it, and not by its fields. */
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
