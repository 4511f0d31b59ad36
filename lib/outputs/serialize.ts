/**
 * Values to bytes and back, by `v8.serialize`: everything a structured clone can hold, cycles included, comes back deeply
 * equal. Of instances of classes only their own fields come back, in ordinary objects.
 */
import { deserialize as v8Deserialize, serialize as v8Serialize } from 'node:v8'
import { messageOf, SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import { findUnserializable } from './find-unserializable.ts'

/**
 * The bytes of an output.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, naming the field that cannot be serialized
 */
export function serialize(output: unknown, phase: string): Uint8Array {
  return attempt(output, phase, () => findUnserializable(output, 'output'))
}

/** Where rows stand in the output of a phase. */
export interface RowsPlace {
  readonly phase: string
  /** The field they are in; null when they are the whole output. */
  readonly field: string | null
}

/**
 * The bytes of some rows of an output.
 *
 * @param first - the index of the first of them among all rows
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, naming the row and the field that cannot be serialized
 */
export function serializeRows(rows: readonly ResultRecord[], first: number, { phase, field }: RowsPlace): Uint8Array {
  return attempt(rows, phase, () => {
    const path = field === null ? 'output' : `output.${field}`
    for (const [i, row] of rows.entries()) {
      const culprit = findUnserializable(row, `${path}[${first + i}]`)
      if (culprit !== undefined) return culprit
    }
    return undefined
  })
}

/** The value that was serialized; each call makes a new one. It may keep `bytes` as memory of its typed arrays. */
export function deserialize(bytes: Uint8Array): unknown {
  return v8Deserialize(bytes)
}

function attempt(value: unknown, phase: string, blame: () => ReturnType<typeof findUnserializable>): Uint8Array {
  try {
    return v8Serialize(value)
  } catch (cause) {
    const { path, problem } = blame() ?? { path: 'output', problem: `cannot be serialized (${messageOf(cause)})` }
    throw new SpillwayError(
      'ERR_SPILLWAY_OUTPUT',
      `The output of phase ${JSON.stringify(phase)} cannot be stored: ${path} ${problem}. Leave it out, or put plain data in its place.`,
      { cause, place: { phase, field: path } },
    )
  }
}
