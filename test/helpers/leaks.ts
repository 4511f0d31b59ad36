/**
 * Resources that a stream may leak: file descriptors, timers and listeners.
 */
import { readdirSync } from 'node:fs'
import { getEventListeners, once, type EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Writable } from 'node:stream'

/** The number of resources that are open now, for comparison with a later call. */
export function openResources(): { files: number; timers: number } {
  return {
    // Only Linux reports them.
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
  }
}

/** Number of abort listeners of a signal. */
export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}

/** Waits until a stream is closed. */
export async function closed(stream: EventEmitter & Pick<Writable, 'closed'>): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
}

/** Waits until `count` no longer changes while the event loop runs. */
export async function atRest(count: () => number): Promise<number> {
  for (let rounds = 0, last = count(); rounds < 30; rounds++) {
    await setImmediate()
    if (count() !== last) rounds = 0
    last = count()
  }
  return count()
}

/** Waits for the next `error` event. */
export async function errorOf(stream: EventEmitter): Promise<NodeJS.ErrnoException> {
  const [error] = await once(stream, 'error')
  return error as NodeJS.ErrnoException
}
