/**
 * Converts values to bytes and back with `v8.serialize`. All values that a structured clone supports, cycles included,
 * are restored deeply equal. Instances of classes become plain objects with their own fields.
 */
import { deserialize as v8Deserialize, serialize as v8Serialize } from 'node:v8'
import { messageOf, SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import { findUnserializable } from './find-unserializable.ts'

/**
 * Serializes an output.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, with the field that cannot be serialized
 */
export function serialize(output: unknown, phase: string): Uint8Array {
  return attempt(output, phase, () => findUnserializable(output, 'output'))
}

/** The place of rows in the output of a phase. */
export interface RowsPlace {
  readonly phase: string
  /** The field that contains the rows; null when the output is exactly these rows. */
  readonly field: string | null
}

/**
 * Serializes some rows of an output.
 *
 * @param first - the index of the first of these rows among all rows of the table
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, with the row and the field that cannot be serialized
 */
export function serializeRows(rows: readonly ResultRecord[], first: number, { phase, field }: RowsPlace): Uint8Array {
  return attempt(rows, phase, () => {
    const path = field === null ? 'output' : `output.${field}`
    for (const [i, row] of rows.entries()) {
      const found = findUnserializable(row, `${path}[${first + i}]`)
      if (found !== undefined) return found
    }
    return undefined
  })
}

/** Restores the serialized value; each call makes a new value. Its typed arrays may share memory with `bytes`. */
export function deserialize(bytes: Uint8Array): unknown {
  return v8Deserialize(bytes)
}

function attempt(value: unknown, phase: string, find: () => ReturnType<typeof findUnserializable>): Uint8Array {
  try {
    return v8Serialize(value)
  } catch (cause) {
    const { path, problem } = find() ?? { path: 'output', problem: `cannot be serialized (${messageOf(cause)})` }
    throw new SpillwayError(
      'ERR_SPILLWAY_OUTPUT',
      `The output of phase ${JSON.stringify(phase)} cannot be stored: ${path} ${problem}. Remove it, or replace it with plain data.`,
      { cause, place: { phase, field: path } },
    )
  }
}
