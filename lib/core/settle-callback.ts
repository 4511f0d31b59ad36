/** The callback of a stream's hook. */
export type Callback = (error?: Error | null) => void

/** Hands the outcome of a hook's work to its callback, at once when there is nothing to wait for. */
export function settleCallback(work: Promise<void> | undefined, callback: Callback): void {
  if (work === undefined) callback()
  else
    work.then(() => {
      callback()
    }, callback)
}
