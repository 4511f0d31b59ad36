/**
 * Batches of rows as the Readable that a reference hands out.
 */
import { Readable } from 'node:stream'
import { abortSignal, flag, resolveOptions, text, type Check, type Checks } from '../core/options.ts'
import type { ResultRecord } from '../core/record.ts'
import type { RowsOptions } from './reference.ts'

/** A field may have the empty string for a name. */
const anyText: Check = { expected: 'a string', accepts: (value) => typeof value === 'string' }

const checks: Checks<RowsOptions> = { field: anyText, container: text, batches: flag, signal: abortSignal }

/** {@link RowsOptions}, checked. */
type ResolvedRowsOptions = RowsOptions & { readonly batches: boolean }

/** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
export function resolveRowsOptions(given: RowsOptions | undefined): ResolvedRowsOptions {
  return resolveOptions<RowsOptions, { batches: boolean }>('rows', given, checks, { batches: false })
}

/**
 * A Readable of rows, or of batches of them. Memory: a batch on either side.
 *
 * @param read - reads the batches; its signal aborts when the stream is closed
 * @param containerField - the field that names the container of a row
 */
export function rowsStream(
  read: (signal: AbortSignal) => AsyncIterable<readonly ResultRecord[]>,
  { container, batches, signal }: ResolvedRowsOptions,
  containerField: string,
): Readable {
  const stop = new AbortController()
  const wanted = container === undefined ? read(stop.signal) : filter(read(stop.signal), container, containerField)
  const stream = Readable.from(batches ? wanted : singly(wanted), {
    highWaterMark: batches ? 1 : 100,
    ...(signal !== undefined && { signal }),
  })
  // A generator that waits for the disk cannot be returned from: the abort wakes it.
  return stream.once('close', () => {
    stop.abort()
  })
}

async function* filter(
  batches: AsyncIterable<readonly ResultRecord[]>,
  container: string,
  field: string,
): AsyncGenerator<readonly ResultRecord[]> {
  for await (const batch of batches) {
    const wanted = batch.filter((record) => nameOf(record[field]) === container)
    if (wanted.length > 0) yield wanted
  }
}

async function* singly(batches: AsyncIterable<readonly ResultRecord[]>): AsyncGenerator<ResultRecord> {
  for await (const batch of batches) yield* batch
}

/** The name of a container; undefined where there is none, or no text, number or boolean. */
function nameOf(container: unknown): string | undefined {
  if (typeof container === 'string') return container
  const isPlain = typeof container === 'number' || typeof container === 'boolean' || typeof container === 'bigint'
  return isPlain ? String(container) : undefined
}
