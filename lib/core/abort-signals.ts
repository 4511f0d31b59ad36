/**
 * Signals with many listeners. Node.js warns at the eleventh listener of a signal, as it may be a leak. Here one signal
 * stops any number of streams and containers, and each of them removes its listener when it ends.
 */
import { setMaxListeners } from 'node:events'
import { addAbortSignal, type Stream } from 'node:stream'

/** Allows any number of listeners on a signal. Returns the same signal. */
export function allowListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal)
  return signal
}

/**
 * Destroys a stream with an AbortError when the signal aborts. Call it at the end of a constructor: a signal that has
 * aborted before destroys the stream at once.
 */
export function destroyOnAbort(stream: Stream, signal: AbortSignal | undefined): void {
  if (signal !== undefined) addAbortSignal(allowListeners(signal), stream)
}
