/**
 * Encodes one Parquet file, from its first byte to its last. It does no input or output. Rows are collected in an open
 * row group. Ending the row group returns its bytes. A footer makes the file complete with the row groups so far. More
 * row groups may follow a footer, because readers use the offsets in the last footer.
 *
 * The caller must write the bytes in the order in which they were returned, with nothing between them. The encoder
 * counts them to know its offset in the file.
 */
import { endianness } from 'node:os'
import { SpillwayError } from '../../lib/core/errors.ts'
import { oneOf, resolveOptions, text, textByName, type Checks } from '../../lib/core/options.ts'
import type { Column } from '../columns/column.ts'
import { codecOf, PARQUET_COMPRESSIONS, type Codec, type ParquetCompression } from './compression/compression.ts'
import { encodeFooter, MAGIC, rowGroupStruct, type RowGroupInfo } from './footer.ts'
import { OpenRowGroup } from './row-group.ts'
import { serialize, SerializedStruct, type ThriftStruct } from './thrift/thrift.ts'

/** Options of {@link ParquetFileEncoder}. */
interface ParquetFileEncoderOptions {
  /**
   * The compression codec of the pages.
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
   * The program named as the writer of the file (`created_by`).
   *
   * @default 'spillway'
   */
  readonly createdBy?: string
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

/**
 * Encodes one Parquet file. Memory: the open row group, the memory to encode it (see {@link OpenRowGroup}), and the
 * metadata of all row groups. The metadata takes about 100 bytes for each column of a row group.
 */
export class ParquetFileEncoder {
  readonly #columns: readonly Column[]
  readonly #codec: Codec
  readonly #metadata: Readonly<Record<string, string>>
  readonly #createdBy: string
  /** Collects rows. No row may be added while a row group is ending. */
  readonly rowGroup: OpenRowGroup
  /** The metadata of the returned row groups. It is serialized as soon as all columns have a type. */
  readonly #rowGroups: (RowGroupInfo | SerializedStruct)[] = []
  /** CRC-32 of each column chunk in these. */
  readonly #checksums: number[] = []
  /** Bytes returned so far. */
  #offset = 0
  #footerBytes = 0
  #rows = 0
  #ending = false

  /**
   * @param columns - in file order; the type of a column may be null and be set later, before its first value; footers
   *   before that treat the column as utf8
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`, also for a codec that this version of Node.js lacks
   */
  constructor(columns: readonly Column[], options?: ParquetFileEncoderOptions) {
    const { compression, metadata, createdBy } = resolveOptions('ParquetFileEncoder', options, checks, defaults)
    this.#columns = columns
    // The memory of the column buffers is written unchanged, and Parquet is little-endian.
    if (endianness() === 'BE')
      throw new SpillwayError('ERR_SPILLWAY_VALUE', 'Parquet is not written on big-endian machines')
    this.#codec = codecOf(compression)
    this.#metadata = metadata
    this.#createdBy = createdBy
    this.rowGroup = new OpenRowGroup(columns)
  }

  /** Rows in the row groups returned so far. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes returned so far. */
  get bytes(): number {
    return this.#offset
  }

  /** Bytes of all footers returned so far. */
  get footerBytes(): number {
    return this.#footerBytes
  }

  /**
   * The first bytes of the file. Must be called once, before all other bytes are requested.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` when it is called again
   */
  header(): Uint8Array {
    if (this.#offset > 0) throw misuse('the header of the file was already requested')
    return this.#count(Buffer.from(MAGIC))
  }

  /**
   * Ends the open row group and yields its bytes, page by page. Yields nothing if it has no rows. Yielded bytes are
   * valid until the next are requested. No row may be added until all bytes were yielded.
   *
   * If it throws, the rows of the row group are lost. The file can still be completed if the bytes that were yielded
   * for this row group are discarded.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` before the header, or while another row group is ending;
   *   `ERR_SPILLWAY_VALUE` when a page cannot be compressed
   */
  async *endRowGroup(): AsyncGenerator<Uint8Array, void> {
    this.#assertReady()
    const { rowGroup } = this
    const { rows } = rowGroup
    if (rows === 0) return
    this.#ending = true
    try {
      const chunks = yield* rowGroup.encode(this.#codec)
      this.#rowGroups.push(this.#serialized({ fileOffset: this.#offset, rows, chunks }))
      for (const chunk of chunks) this.#checksums.push(chunk.crc32)
      this.#rows += rows
      for (const { compressedBytes } of chunks) this.#offset += compressedBytes
    } finally {
      rowGroup.clear()
      this.#ending = false
    }
  }

  /**
   * Yields a complete file with the open row group alone. The row group stays open, and the file of this encoder is not
   * changed. Yielded bytes are valid until the next are requested. No row may be added until all bytes were yielded.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` while a row group is ending; `ERR_SPILLWAY_VALUE` when a page cannot be
   *   compressed
   */
  async *copyRowGroup(): AsyncGenerator<Uint8Array, void> {
    if (this.#ending) throw misuse(ENDING)
    this.#ending = true
    try {
      const { rows } = this.rowGroup
      yield MAGIC
      const chunks = yield* this.rowGroup.encode(this.#codec)
      const struct = this.#structOf({ fileOffset: MAGIC.length, rows, chunks })
      const checksums = chunks.map((chunk) => chunk.crc32)
      yield this.#footerOf(rows, [struct], checksums)
    } finally {
      this.#ending = false
    }
  }

  /**
   * A complete footer for the row groups returned so far. The file is complete with it. More row groups may follow, and
   * then the file needs another footer.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` before the header, or while a row group is ending
   */
  footer(): Uint8Array {
    this.#assertReady()
    const rowGroups = this.#rowGroups.map((rowGroup) => this.#structOf(rowGroup))
    const footer = this.#footerOf(this.#rows, rowGroups, this.#checksums)
    this.#footerBytes += footer.length
    return this.#count(footer)
  }

  #footerOf(rows: number, rowGroups: readonly ThriftStruct[], checksums: readonly number[]): Buffer {
    const columns = this.#columns
    return encodeFooter({ columns, rows, rowGroups, checksums, createdBy: this.#createdBy, metadata: this.#metadata })
  }

  /** Serializes the metadata of a row group if all columns have a type, because that metadata contains the types. */
  #serialized(rowGroup: RowGroupInfo): RowGroupInfo | SerializedStruct {
    const isOpen = this.#columns.some(({ type }) => type === null)
    return isOpen ? rowGroup : new SerializedStruct(serialize(rowGroupStruct(rowGroup, this.#columns, this.#codec.id)))
  }

  #structOf(rowGroup: RowGroupInfo | SerializedStruct): ThriftStruct {
    return rowGroup instanceof SerializedStruct ? rowGroup : rowGroupStruct(rowGroup, this.#columns, this.#codec.id)
  }

  #assertReady(): void {
    if (this.#offset === 0) throw misuse('the header of the file must be requested first')
    if (this.#ending) throw misuse(ENDING)
  }

  #count(bytes: Buffer): Uint8Array {
    this.#offset += bytes.length
    return bytes
  }
}

const ENDING = 'a row group is ending: await it first'

function misuse(problem: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_CLOSED', `ParquetFileEncoder was called in the wrong order: ${problem}`)
}
