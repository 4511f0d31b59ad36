/**
 * Ends the streams of topologies when the phase is stopped: their next row may never come.
 */
import { Readable } from 'node:stream'
import { closeIterator } from '../core/close-iterator.ts'
import { destroyOnAbort, Interruptible } from '../core/interruptible.ts'
import { isAsyncIterable } from './container-run.ts'

/** The output of a topology. If it is a stream of rows, it fails when the signal aborts. */
export function untilAbort(output: unknown, signal: AbortSignal): unknown {
  if (output instanceof Readable) destroyOnAbort(output, signal)
  else if (isAsyncIterable(output)) return rowsUntilAbort(output, signal)
  return output
}

async function* rowsUntilAbort(rows: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator {
  using interruptible = new Interruptible(signal)
  const iterator = rows[Symbol.asyncIterator]()
  try {
    for (;;) {
      const item = await interruptible.wait(Promise.resolve(iterator.next()))
      if (item.done === true) break
      yield item.value
    }
  } finally {
    closeIterator(iterator)
  }
}
