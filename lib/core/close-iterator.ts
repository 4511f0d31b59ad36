/**
 * Lets an iterator go before its end, so that it can release what it holds. Nobody waits for it, and what it throws on its
 * way out concerns nobody any more: one that hangs would never answer.
 */
export function closeIterator(iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  new Promise((resolve) => {
    resolve(iterator.return?.())
  }).catch(() => {})
}
