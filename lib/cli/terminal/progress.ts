/**
 * A progress line on the terminal, redrawn several times a second. If standard error is not a terminal, nothing is
 * printed, and the package `log-update` is not loaded.
 */
import type { Writable } from 'node:stream'

/** Time between two redraws. */
const DRAW_INTERVAL_MS = 200

/** A progress line. Disposing of it removes the line. */
interface Progress extends Disposable {
  readonly shown: boolean
}

/**
 * Shows the line that `describe` returns until the result is disposed of.
 *
 * @param stream - the stream to print on, if it is a terminal
 */
export async function showProgress(
  stream: Writable & { readonly isTTY?: boolean },
  describe: () => string,
): Promise<Progress> {
  if (stream.isTTY !== true) return { shown: false, [Symbol.dispose]() {} }
  const { createLogUpdate } = await import('log-update')
  // The cursor is not hidden, so that nothing has to be restored when the process is killed.
  const draw = createLogUpdate(stream, { showCursor: true })
  const timer = setInterval(() => draw(describe()), DRAW_INTERVAL_MS).unref()
  return {
    shown: true,
    [Symbol.dispose]() {
      clearInterval(timer)
      draw.clear()
      draw.done()
    },
  }
}
