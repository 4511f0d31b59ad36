/**
 * Makes the Readable of a reference from batches of rows.
 */
import { Readable } from 'node:stream'
import { destroyOnAbort } from '../core/interruptible.ts'
import { abortSignal, flag, resolveOptions, text, type Check, type Checks } from '../core/options.ts'
import type { ResultRecord } from '../core/record.ts'
import type { RowsOptions } from './reference.ts'

/** The name of a field may be the empty string. */
const anyText: Check = { expected: 'a string', accepts: (value) => typeof value === 'string' }

const checks: Checks<RowsOptions> = { field: anyText, container: text, batches: flag, signal: abortSignal }

/** Checked {@link RowsOptions}, with their defaults. */
type ResolvedRowsOptions = RowsOptions & { readonly batches: boolean }

/**
 * Checks the options and adds the defaults.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for an unknown option or an invalid value
 */
export function resolveRowsOptions(given: RowsOptions | undefined): ResolvedRowsOptions {
  return resolveOptions<RowsOptions, { batches: boolean }>('rows', given, checks, { batches: false })
}

/**
 * Makes a Readable of rows, or of batches of rows. Memory: one batch of the source, and one batch or up to 100 rows in
 * the stream's buffer.
 *
 * @param read - reads the batches; its signal aborts when the stream is closed
 * @param containerField - the field with the id of a row's container
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
  })
  destroyOnAbort(stream, signal)
  // return() of a generator that awaits the disk takes effect only after the wait. The abort ends the reading earlier.
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

/** The id of a container as text; undefined when it is not a string, a number, a bigint or a boolean. */
function nameOf(container: unknown): string | undefined {
  if (typeof container === 'string') return container
  const isPlain = typeof container === 'number' || typeof container === 'boolean' || typeof container === 'bigint'
  return isPlain ? String(container) : undefined
}
