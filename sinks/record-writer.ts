/**
 * The interface between a RecordSink and a format: a writer takes records and returns bytes. A writer implements only
 * the encoding. It has no access to files, streams or timers. One writer serves one file, from its first byte to its
 * last.
 */
import type { Refusal } from './values/values.ts'

/** Values that a writer changed because the format cannot represent them. */
export interface ChangedValues {
  /** Numbers that are not finite and were written as null or text. */
  readonly nonFinite: number
  /** Strings in which an unpaired surrogate was replaced by U+FFFD. */
  readonly surrogates: number
}

/** The bytes for a file, as a sequence of pieces. A piece is valid until the next one is requested. */
export type Pieces = AsyncIterable<Uint8Array>

/** A complete file with the records that are in no complete file yet. */
export interface OpenRowsCopy {
  /** Number of these records. */
  readonly rows: number
  /** Its bytes. No record may be written until all were yielded. */
  readonly pieces: Pieces
}

/** Encodes the records of one file. */
export interface RecordWriter {
  /** Records accepted so far. */
  readonly rows: number
  /** Records whose bytes were returned so far. */
  readonly rowsHandedOver: number
  /** Whether {@link take} must be called before more records are written. */
  readonly full: boolean
  /** Whether so many bytes of the file are unused that further records should go to a new file. */
  readonly shouldRotate: boolean
  /** Why the last {@link write} stopped before a record. Undefined when no record was refused. */
  readonly refusal: Refusal | undefined
  readonly changed: ChangedValues

  /**
   * Encodes `records` from index `from` up to `to`, in order. Returns the index of the first record that was not
   * accepted. This is `to`, or less when the writer is {@link full} or refuses the record at that index (see {@link
   * refusal}).
   */
  write(records: readonly unknown[], from: number, to: number): number

  /**
   * Returns the bytes that are due, piece by piece as they are encoded. The caller must append them to the file in this
   * order, and all of them before it writes more records.
   */
  take(): Pieces

  /**
   * Returns bytes that make the file complete, with every record accepted so far. More records may be written
   * afterwards.
   */
  checkpoint(): Pieces

  /**
   * Makes a file of its own for the records that a {@link checkpoint} would write in a row group that is too small. The
   * writer stays as it is. Undefined when there are none, or enough of them, and in a format without row groups.
   */
  copyOpenRows(): OpenRowsCopy | undefined
}
