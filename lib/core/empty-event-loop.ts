/**
 * Notices that the event loop is empty while work is awaited: no timer, socket or file is left that could settle the
 * promise, and Node.js would end the process with exit code 0.
 */

const callbacks = new Set<() => void>()

function onBeforeExit(): void {
  for (const callback of [...callbacks]) callback()
}

/** Calls back whenever the event loop is empty, until it is disposed of. The process continues if the callback starts work. */
export function onEmptyEventLoop(callback: () => void): Disposable {
  if (callbacks.size === 0) process.on('beforeExit', onBeforeExit)
  callbacks.add(callback)
  return {
    [Symbol.dispose]() {
      callbacks.delete(callback)
      if (callbacks.size === 0) process.off('beforeExit', onBeforeExit)
    },
  }
}
