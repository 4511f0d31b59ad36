/**
 * Encodes one Parquet file from its first byte to its last, without knowing where the bytes go. Rows gather in an
 * open row group; a row group that is ended leaves as bytes; a footer makes the file complete as of then, and row
 * groups may follow it, as readers go by the offsets in the last footer. Bytes handed out are to be written in the
 * order they were handed out, and nothing else between them: the encoder counts them to know its place in the file.
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
 * Encodes one Parquet file. Memory: the open row group, what encoding it needs (see {@link OpenRowGroup}), and for each
 * row group handed out about 100 bytes a column, as the footer will have them.
 */
export class ParquetFileEncoder {
  readonly #columns: readonly Column[]
  readonly #codec: Codec
  readonly #metadata: Readonly<Record<string, string>>
  readonly #createdBy: string
  /** Takes the rows. None may be added while a row group ends. */
  readonly rowGroup: OpenRowGroup
  /** What the footer says of the row groups handed out; serialized as soon as the types of all columns are known. */
  readonly #rowGroups: (RowGroupInfo | SerializedStruct)[] = []
  /** Bytes handed out. */
  #offset = 0
  #footerBytes = 0
  #rows = 0
  #ending = false

  /**
   * @param columns - in file order; a column whose type is null may be given one at any time before its first value,
   * and counts as utf8 in the footers before that
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`, also for a codec that this Node.js does not have
   */
  constructor(columns: readonly Column[], options?: ParquetFileEncoderOptions) {
    const { compression, metadata, createdBy } = resolveOptions('ParquetFileEncoder', options, checks, defaults)
    this.#columns = columns
    // The buffers of the columns are written as they are.
    if (endianness() === 'BE')
      throw new SpillwayError('ERR_SPILLWAY_VALUE', 'Parquet is not written on big-endian machines')
    this.#codec = codecOf(compression)
    this.#metadata = metadata
    this.#createdBy = createdBy
    this.rowGroup = new OpenRowGroup(columns)
  }

  /** Rows in the row groups handed out. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes handed out. */
  get bytes(): number {
    return this.#offset
  }

  /** Bytes of the footers handed out. */
  get footerBytes(): number {
    return this.#footerBytes
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
   * Ends the open row group and hands out its bytes, page by page: none when it has no rows. They hold until the next
   * are asked for. No row may be appended before all have arrived. When it throws, the rows of the row group are lost;
   * the file can still be completed without the bytes of it that were handed out.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` before the header, or while another row group is ending;
   * `ERR_SPILLWAY_VALUE` when a page cannot be compressed
   */
  async *endRowGroup(): AsyncGenerator<Uint8Array, void> {
    this.#assertTurn()
    const { rowGroup } = this
    const { rows } = rowGroup
    if (rows === 0) return
    this.#ending = true
    try {
      const chunks = yield* rowGroup.encode(this.#codec)
      this.#rowGroups.push(this.#serialized({ fileOffset: this.#offset, rows, chunks }))
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
      rows: this.#rows,
      rowGroups: this.#rowGroups.map((rowGroup) => this.#structOf(rowGroup)),
      createdBy: this.#createdBy,
      metadata: this.#metadata,
    })
    this.#footerBytes += footer.length
    return this.#handOut(footer)
  }

  /** Serialized, unless the type of a column is still open: it stands in the metadata of its chunks. */
  #serialized(rowGroup: RowGroupInfo): RowGroupInfo | SerializedStruct {
    const isOpen = this.#columns.some(({ type }) => type === null)
    return isOpen ? rowGroup : new SerializedStruct(serialize(rowGroupStruct(rowGroup, this.#columns, this.#codec.id)))
  }

  #structOf(rowGroup: RowGroupInfo | SerializedStruct): ThriftStruct {
    return rowGroup instanceof SerializedStruct ? rowGroup : rowGroupStruct(rowGroup, this.#columns, this.#codec.id)
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
