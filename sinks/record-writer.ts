/**
 * What a format is to a RecordSink: something that takes records and gives bytes. A writer knows its encoding and
 * nothing of files, streams or clocks, and serves one file from its first byte to its last.
 */
import type { Refusal } from './values/values.ts'

/** Values a writer had to change to fit its format. */
export interface ChangedValues {
  /** Numbers that are not finite and became null or text. */
  readonly nonFinite: number
  /** Texts in which half a surrogate pair became U+FFFD. */
  readonly surrogates: number
}

/** Bytes that go into a file, piece by piece. A piece holds until the next one is asked for. */
export type Pieces = AsyncIterable<Uint8Array>

/** Encodes the records of one file. */
export interface RecordWriter {
  /** Records taken so far. */
  readonly rows: number
  /** Records whose bytes were handed over so far. */
  readonly rowsHandedOver: number
  /** Records whose checkpoint would leave dead weight in the file; 0 where a checkpoint leaves none. */
  readonly openRows: number
  /** Whether what was encoded should be taken before more records are written. */
  readonly full: boolean
  /** Whether so much of the file is dead weight that further records belong into another one. */
  readonly shouldRotate: boolean
  /** Why the last {@link write} stopped before a record; undefined when none was refused. */
  readonly refusal: Refusal | undefined
  readonly changed: ChangedValues

  /**
   * Encodes `records` from index `from` up to `to`, in order, and returns the index of the first record not taken:
   * `to`, or less when the writer is {@link full} or refuses the record there (see {@link refusal}).
   */
  write(records: readonly unknown[], from: number, to: number): number

  /**
   * Hands over the bytes that are due, piece by piece as they are encoded. They are to be appended to the file in the
   * order handed over, and all of them before more records are written.
   */
  take(): Pieces

  /** Hands over bytes after which the file is complete and holds every record taken so far; writing may go on. */
  checkpoint(): Pieces
}
