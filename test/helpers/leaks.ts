/**
 * What a stream can leave behind: file descriptors and timers of the process, and listeners.
 */
import { readdirSync } from 'node:fs'
import { getEventListeners, once, type EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Writable } from 'node:stream'

/** What is open now, to be compared with what is open later. */
export function openResources(): { files: number; timers: number } {
  return {
    // Only Linux tells.
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
  }
}

/** Listeners for the abort of a signal. */
export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}

/** Waits until a stream is closed. */
export async function closed(stream: EventEmitter & Pick<Writable, 'closed'>): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
}

/** Waits until `count` stands still, though the event loop goes on. */
export async function atRest(count: () => number): Promise<number> {
  for (let rounds = 0, last = count(); rounds < 30; rounds++) {
    await setImmediate()
    if (count() !== last) rounds = 0
    last = count()
  }
  return count()
}

/** The next `error` event. */
export async function errorOf(stream: EventEmitter): Promise<NodeJS.ErrnoException> {
  const [error] = await once(stream, 'error')
  return error as NodeJS.ErrnoException
}
