/**
 * What becomes of an exception in the code of a topology.
 */
import { placedMessageOf } from '../core/errors.ts'

/**
 * Throws the reason of the signal once that has aborted, because the exception follows from it. Else throws what `explain`
 * makes of the exception.
 */
export function throwTopologyFailure(
  signal: AbortSignal,
  cause: unknown,
  explain: (reason: string, cause: unknown) => Error,
): never {
  signal.throwIfAborted()
  throw explain(placedMessageOf(cause), cause)
}
