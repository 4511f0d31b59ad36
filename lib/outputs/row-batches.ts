/**
 * Gathers a source of rows into batches that are bounded in rows and in bytes, whatever its chunks are.
 */
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { recordsOf } from '../core/batch.ts'
import { isAbortError, messageOf, SpillwayError } from '../core/errors.ts'
import { describeValue } from '../core/options.ts'
import { isRecord, type ResultRecord } from '../core/record.ts'

/** Yields rows, or arrays of them. */
export type RowSource = AsyncIterable<unknown> | Iterable<unknown>

/** Rows of a full batch. */
const MAX_ROWS = 256

/** Bytes of a full batch, by a rough estimate. */
const MAX_BYTES = 256 * 1024

/** What an object, or a value in it, is taken to cost. */
const SLOT_BYTES = 16

/**
 * Batches of up to 256 rows and about 256 KB, in the order of the rows. Memory: one batch, and one chunk of the source.
 *
 * @param phase - named in the message when the source fails
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for a chunk that is no row, and when the source fails, except that an
 *   AbortError stays as it is and an error of ours keeps its code
 */
export async function* rowBatches(source: RowSource, phase: string): AsyncGenerator<ResultRecord[], void> {
  let batch: ResultRecord[] = []
  let bytes = 0
  let rows = 0
  try {
    for await (const chunk of source) {
      for (const row of recordsOf(chunk)) {
        if (!isRecord(row)) throw notARow(row, rows, phase)
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
    throw namePhase(error, phase)
  }
  if (batch.length > 0) yield batch
}

/** Closes an output that cannot be stored if it is a stream, even one that nobody has begun to read. */
export function closeStream(output: unknown): void {
  if (typeof output !== 'object' || output === null) return
  try {
    if (output instanceof Readable) output.destroy()
    else if (output instanceof ReadableStream) output.cancel().catch(() => {})
  } catch {
    // What went wrong before is what counts.
  }
}

/** The bytes of a row, or `ceiling` if there are more: it stops there, so that it ends where objects go in circles. */
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
    // It throws when it is read. That is told when it is serialized, with the field.
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

function notARow(value: unknown, index: number, phase: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `The output of phase ${JSON.stringify(phase)} cannot be stored: it is a stream, and output[${index}] of it is ${describeValue(value)}, not a row. Let it yield objects, or arrays of them.`,
    { place: { phase, record: index + 1 } },
  )
}

function namePhase(error: unknown, phase: string): unknown {
  const ours = error instanceof SpillwayError
  if (isAbortError(error) || (ours && error.place.phase === phase)) return error
  return new SpillwayError(
    ours ? error.code : 'ERR_SPILLWAY_OUTPUT',
    `The output of phase ${JSON.stringify(phase)} cannot be stored: its stream of rows failed: ${messageOf(error)}`,
    { cause: error, place: { ...(ours && error.place), phase } },
  )
}
