/**
 * A progress line on the terminal, redrawn several times a second. If standard error is not a terminal, nothing is
 * printed, and the package `log-update` is not loaded.
 */
import { widthOf, type OutputStream } from './command-io.ts'
import { cutText, escapeLines } from './escape-text.ts'

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
export async function showProgress(stream: OutputStream, describe: () => string): Promise<Progress> {
  if (stream.isTTY !== true) return { shown: false, [Symbol.dispose]() {} }
  const { createLogUpdate } = await import('log-update')
  // The cursor is not hidden, so that nothing has to be restored when the process is killed.
  const draw = createLogUpdate(stream, { showCursor: true })
  const timer = setInterval(() => draw(fit(describe(), widthOf(stream))), DRAW_INTERVAL_MS).unref()
  return {
    shown: true,
    [Symbol.dispose]() {
      clearInterval(timer)
      draw.clear()
      draw.done()
    },
  }
}

/** Lines that a terminal shows as they are, without wrapping them. */
function fit(text: string, width: number): string {
  return escapeLines(text)
    .split('\n')
    .map((line) => cutText(line, width))
    .join('\n')
}
