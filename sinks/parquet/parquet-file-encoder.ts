/**
 * Encodes one Parquet file from its first byte to its last, without knowing where the bytes go. Rows gather in an
 * open row group; a row group that is ended leaves as bytes; a footer makes the file complete as of then, and row
 * groups may follow it, as readers go by the offsets in the last footer. Bytes handed out are to be written in the
 * order they were handed out, and nothing else between them: the encoder counts them to know its place in the file.
 */
import { SpillwayError } from '../../lib/core/errors.ts'
import { oneOf, plainObject, resolveOptions, text, type Check, type Checks } from '../../lib/core/options.ts'
import type { Cell, Column } from '../columns/column.ts'
import { CODECS, PARQUET_COMPRESSIONS, type Codec, type ParquetCompression } from './compression.ts'
import { encodeFooter, MAGIC } from './footer.ts'
import { OpenRowGroup, type RowGroupInfo } from './row-group.ts'

/** Options of {@link ParquetFileEncoder}. */
export interface ParquetFileEncoderOptions {
  /**
   * How pages are compressed.
   *
   * @default 'snappy'
   */
  readonly compression?: ParquetCompression
  /**
   * Pairs for the key-value metadata of the file.
   *
   * @default {}
   */
  readonly metadata?: Readonly<Record<string, string>>
  /**
   * The program named as the author of the file.
   *
   * @default 'spillway'
   */
  readonly createdBy?: string
}

const textByName: Check = {
  expected: 'an object of strings',
  accepts: (value) =>
    plainObject.accepts(value) && Object.values(value as object).every((entry) => typeof entry === 'string'),
}

const checks: Checks<ParquetFileEncoderOptions> = {
  compression: oneOf(PARQUET_COMPRESSIONS),
  metadata: textByName,
  createdBy: text,
}

const defaults = {
  compression: 'snappy',
  metadata: {},
  createdBy: 'spillway',
} as const satisfies Partial<ParquetFileEncoderOptions>

/** Encodes one Parquet file. Memory: the open row group ({@link bufferedBytes}), and one page of it while it ends. */
export class ParquetFileEncoder {
  readonly #columns: readonly Column[]
  readonly #codec: Codec
  readonly #metadata: Readonly<Record<string, string>>
  readonly #createdBy: string
  readonly #rowGroups: RowGroupInfo[] = []
  readonly #open: OpenRowGroup
  /** Bytes handed out. */
  #offset = 0
  #rows = 0
  #ending = false

  /**
   * @param columns - in file order; a column whose type is null may be given one at any time before its first value,
   * and counts as utf8 in the footers before that
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
   */
  constructor(columns: readonly Column[], options?: ParquetFileEncoderOptions) {
    const { compression, metadata, createdBy } = resolveOptions('ParquetFileEncoder', options, checks, defaults)
    this.#columns = columns
    this.#codec = CODECS[compression]
    this.#metadata = metadata
    this.#createdBy = createdBy
    this.#open = new OpenRowGroup(columns)
  }

  /** Rows in the row groups handed out. */
  get rows(): number {
    return this.#rows
  }

  /** Rows in the open row group. */
  get bufferedRows(): number {
    return this.#open.rows
  }

  /** Bytes of the rows of the open row group in memory; its buffers have at most twice that. */
  get bufferedBytes(): number {
    return this.#open.bytes
  }

  /**
   * The first bytes of the file. To be called once, before other bytes are asked for.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` when called again
   */
  header(): Uint8Array {
    if (this.#offset > 0) throw misuse('the header of the file was taken already')
    return this.#handOut(Buffer.from(MAGIC))
  }

  /**
   * Adds a row to the open row group. When it throws, the row group is as before.
   *
   * @param cells - one for each column, in column order; they are copied
   * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a cell does not fit its column, or is too large;
   * `ERR_SPILLWAY_CLOSED` while a row group is ending
   */
  append(cells: readonly Cell[]): void {
    if (this.#ending) throw misuse(ENDING)
    this.#open.append(cells)
  }

  /**
   * Ends the open row group and hands out its bytes, page by page: none when it has no rows. No row may be appended
   * before all have arrived. When it throws, the rows of the row group are lost; the file can still be completed
   * without the bytes of it that were handed out.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` before the header, or while another row group is ending;
   * `ERR_SPILLWAY_VALUE` when a page cannot be compressed
   */
  async *endRowGroup(): AsyncGenerator<Uint8Array, void> {
    this.#assertTurn()
    const rowGroup = this.#open
    const { rows } = rowGroup
    if (rows === 0) return
    this.#ending = true
    try {
      const chunks = yield* rowGroup.encode(this.#codec)
      this.#rowGroups.push({ fileOffset: this.#offset, rows, chunks })
      this.#rows += rows
      for (const { compressedBytes } of chunks) this.#offset += compressedBytes
    } finally {
      rowGroup.clear()
      this.#ending = false
    }
  }

  /**
   * A complete footer for the row groups handed out so far. The file is complete with it; it may also go on, and then
   * needs another one.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` before the header, or while a row group is ending
   */
  footer(): Uint8Array {
    this.#assertTurn()
    const footer = encodeFooter({
      columns: this.#columns,
      rowGroups: this.#rowGroups,
      codec: this.#codec.id,
      createdBy: this.#createdBy,
      metadata: this.#metadata,
    })
    return this.#handOut(footer)
  }

  #assertTurn(): void {
    if (this.#offset === 0) throw misuse('the header of the file must be taken first')
    if (this.#ending) throw misuse(ENDING)
  }

  #handOut(bytes: Buffer): Uint8Array {
    this.#offset += bytes.length
    return bytes
  }
}

const ENDING = 'a row group is ending: await it first'

function misuse(problem: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_CLOSED', `ParquetFileEncoder was called out of turn: ${problem}`)
}
