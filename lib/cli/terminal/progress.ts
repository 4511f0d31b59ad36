/**
 * A line on the terminal that says how far the work is, drawn anew several times a second. Where standard error is no
 * terminal, there is nothing of it, and its package is not even loaded.
 */
import type { Writable } from 'node:stream'

/** How often the line is drawn. */
const DRAW_INTERVAL_MS = 200

/** A progress line while it is shown; disposing of it removes the line. */
interface Progress extends Disposable {
  readonly shown: boolean
}

/**
 * Shows the line that `describe` returns until the result is disposed of.
 *
 * @param stream - where the line goes, if it is a terminal
 */
export async function showProgress(
  stream: Writable & { readonly isTTY?: boolean },
  describe: () => string,
): Promise<Progress> {
  if (stream.isTTY !== true) return { shown: false, [Symbol.dispose]() {} }
  const { createLogUpdate } = await import('log-update')
  // The cursor is left alone: nothing has to be put right when the process is killed.
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
