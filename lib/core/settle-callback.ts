/** The callback of a stream method, such as `_write` or `_final`. */
export type Callback = (error?: Error | null) => void

/**
 * Calls `callback` when `work` settles, with its error if it rejects. Calls it synchronously when `work` is undefined.
 */
export function settleCallback(work: Promise<void> | undefined, callback: Callback): void {
  if (work === undefined) callback()
  else
    work.then(() => {
      callback()
    }, callback)
}
