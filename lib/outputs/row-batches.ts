/**
 * Collects the rows of a source into batches. A batch has a limit of rows and of bytes, for any size of the chunks.
 */
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { recordsOf } from '../core/batch.ts'
import { isAbortError, messageOf, SpillwayError } from '../core/errors.ts'
import { describeValue } from '../core/options.ts'
import { isRecord, type ResultRecord } from '../core/record.ts'

/** Yields rows, or arrays of rows. */
export type RowSource = AsyncIterable<unknown> | Iterable<unknown>

/** Number of rows of a full batch. */
const MAX_ROWS = 256

/** Estimated bytes of a full batch. */
const MAX_BYTES = 256 * 1024

/** Assumed bytes of an object, and of a value in it. */
const SLOT_BYTES = 16

/**
 * Yields batches of up to 256 rows and about 256 KB, in the order of the rows. Memory: one batch, and one chunk of the
 * source.
 *
 * @param phase - the name of the phase, for messages
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for an element that is not a row, and when the source fails. A
 *   SpillwayError of the source keeps its code
 * @throws an AbortError of the source, unchanged
 */
export async function* rowBatches(source: RowSource, phase: string): AsyncGenerator<ResultRecord[], void> {
  let batch: ResultRecord[] = []
  let bytes = 0
  let rows = 0
  try {
    for await (const chunk of source) {
      for (const row of recordsOf(chunk)) {
        if (!isRecord(row)) throw invalidRow(row, rows, phase)
        batch.push(row)
        rows += 1
        bytes += roughBytes(row, MAX_BYTES)
        if (batch.length < MAX_ROWS && bytes < MAX_BYTES) continue
        yield batch
        batch = []
        bytes = 0
      }
    }
  } catch (error) {
    throw sourceError(error, phase)
  }
  if (batch.length > 0) yield batch
}

/** Closes an output that cannot be stored, if it is a stream. The stream may not have been read at all. */
export function closeStream(output: unknown): void {
  if (typeof output !== 'object' || output === null) return
  try {
    if (output instanceof Readable) output.destroy()
    else if (output instanceof ReadableStream) output.cancel().catch(() => {})
  } catch {
    // The earlier failure is reported, not this one.
  }
}

/** The estimated bytes of a row, at most `ceiling`. It stops there, so that it ends for circular references, too. */
function roughBytes(row: object, ceiling: number): number {
  let bytes = 0
  const pending: object[] = [row]
  try {
    for (let object = pending.pop(); object !== undefined; object = pending.pop()) {
      bytes += SLOT_BYTES
      if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) bytes += object.byteLength
      for (const value of valuesOf(object)) {
        bytes += SLOT_BYTES
        if (typeof value === 'string') bytes += value.length
        else if (typeof value === 'object' && value !== null) pending.push(value)
        if (bytes >= ceiling) return ceiling
      }
    }
  } catch {
    // A getter throws. Serialization reports its error, with the field.
    return ceiling
  }
  return bytes
}

function valuesOf(object: object): Iterable<unknown> {
  if (ArrayBuffer.isView(object)) return []
  if (object instanceof Set) return object
  if (object instanceof Map) return [...object].flat() as unknown[]
  return Array.isArray(object) ? (object as unknown[]) : (Object.values(object) as unknown[])
}

function invalidRow(value: unknown, index: number, phase: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `The output of phase ${JSON.stringify(phase)} cannot be stored: it is a stream, and output[${index}] is ${describeValue(value)}, not a row. Yield objects or arrays of objects from the stream.`,
    { place: { phase, record: index + 1 } },
  )
}

function sourceError(error: unknown, phase: string): unknown {
  const ours = error instanceof SpillwayError
  if (isAbortError(error) || (ours && error.place.phase === phase)) return error
  return new SpillwayError(
    ours ? error.code : 'ERR_SPILLWAY_OUTPUT',
    `The output of phase ${JSON.stringify(phase)} cannot be stored: its stream of rows failed: ${messageOf(error)}`,
    { cause: error, place: { ...(ours && error.place), phase } },
  )
}
