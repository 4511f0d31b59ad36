/**
 * The counts of a ResultStreamer, by phase and in all.
 */

/** Counts of one phase or of all. `recordsIn = written + rejected + deduplicated + inFlight`, always. */
export interface StreamerCounts {
  /** Records accepted. */
  readonly recordsIn: number
  /** Records whose bytes were given to a file. */
  readonly written: number
  /** Records sent to the dead letters. */
  readonly rejected: number
  /** Records dropped because an earlier run has written them. */
  readonly deduplicated: number
  /** Records in queues and buffers. */
  readonly inFlight: number
  /** Batches that have left the buffers. */
  readonly flushes: number
  /** Part files opened. */
  readonly parts: number
  /** Bytes of all part files, as they are on disk. */
  readonly bytesWritten: number
  /** Numbers that were not finite and became null or text. */
  readonly nonFinite: number
  /** Texts in which half a surrogate pair was replaced by U+FFFD. */
  readonly surrogates: number
  /** Times that one object was written twice within a batch. */
  readonly repeated: number
}

/** What a ResultStreamer reports while it runs. */
export interface StreamerStats extends StreamerCounts {
  /** Counts by phase, in the order the phases appeared. */
  readonly phases: ReadonlyMap<string, StreamerCounts>
  /** Options that were given but do not apply to the format. */
  readonly ignored: readonly string[]
}

/** The counts before the first record. */
export const NO_COUNTS: StreamerCounts = {
  recordsIn: 0,
  written: 0,
  rejected: 0,
  deduplicated: 0,
  inFlight: 0,
  flushes: 0,
  parts: 0,
  bytesWritten: 0,
  nonFinite: 0,
  surrogates: 0,
  repeated: 0,
}

/** Records accepted; each record of a container counts once, however often it was made. */
export function acceptedOf({ recordsIn, deduplicated }: StreamerCounts): number {
  return recordsIn - deduplicated
}

/** The sum of two counts. */
export function addCounts(one: StreamerCounts, other: StreamerCounts): StreamerCounts {
  const names = Object.keys(NO_COUNTS) as (keyof StreamerCounts)[]
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as StreamerCounts
}
