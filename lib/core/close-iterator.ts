/**
 * Closes an iterator before its end, so that it can release its resources. The result is not awaited, because an
 * iterator that hangs never settles; an error thrown while it closes is ignored.
 */
export function closeIterator(iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  new Promise((resolve) => {
    resolve(iterator.return?.())
  }).catch(() => {})
}
