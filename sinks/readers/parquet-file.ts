/**
 * Reads a Parquet file with hyparquet: its footer, and the columns of its row groups. hyparquet is loaded when the
 * first file is read.
 */
import * as zlib from 'node:zlib'
import type { ColumnChunk, Compressors, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet'
import { messageOf, SpillwayError } from '../../lib/core/errors.ts'
import { unknownKey } from '../../lib/core/options.ts'
import { NO_ZSTD, zstdDecompressSync } from '../parquet/compression/zstd.ts'
import type { ByteSource } from '../files/file-slices.ts'

/** A top-level column of the file. @inline */
export interface ParquetColumn {
  /** Name of the column. */
  readonly name: string
  /**
   * The type of its values, as the format names it: `DOUBLE`, `INT64`, `UTF8`, `TIMESTAMP_MILLIS`, `LIST`, `STRUCT`,
   * ...
   */
  readonly type: string
  /** Whether it may contain nulls. */
  readonly nullable: boolean
}

/** A range of bytes of the file, from `start` up to, but not including, `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The bytes of one column in one row group, and their description in the footer. */
export interface ChunkPlace extends ByteRange {
  /** The offset of its first data page. The dictionary page, if there is one, comes before it. */
  readonly dataStart: number
  /** Values in its pages, including nulls. */
  readonly values: number
}

/** The columns of one row group, in the requested order. */
export interface RowGroupColumns {
  readonly rows: number
  readonly values: readonly (readonly unknown[])[]
}

/** Annotations that hyparquet knows only by their older names. */
const CONVERTED = { ENUM: 'UTF8', JSON: 'JSON', DATE: 'DATE', DECIMAL: 'DECIMAL' } as const

const MIN_FILE_BYTES = 12

/** An open Parquet file. Memory: its footer, and one row group while it is read. */
export class ParquetFile {
  readonly #source: ByteSource
  readonly #name: string
  readonly #metadata: FileMetaData
  readonly #columns: readonly SchemaTree[]

  private constructor(source: ByteSource, name: string, metadata: FileMetaData, columns: readonly SchemaTree[]) {
    this.#source = source
    this.#name = name
    this.#metadata = metadata
    this.#columns = columns
  }

  /**
   * Reads the footer.
   *
   * @param name - name of the file in messages: its path
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the bytes are not a complete Parquet file
   */
  static async read(source: ByteSource, name: string): Promise<ParquetFile> {
    await checkFrame(source, name)
    const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
    try {
      const metadata = await parquetMetadataAsync(source, { geoparquet: false })
      return ParquetFile.#make(source, name, metadata, parquetSchema)
    } catch (error) {
      throw unreadable(name, `its footer is damaged (${messageOf(error)})`, 'Write or download the file again.', error)
    }
  }

  /**
   * Uses a footer that was already read, including its length and magic bytes, as the footer of the file.
   *
   * @returns undefined when the bytes are not a footer
   */
  static async fromFooter(footer: ArrayBuffer, source: ByteSource, name: string): Promise<ParquetFile | undefined> {
    const { parquetMetadata, parquetSchema } = await import('hyparquet')
    try {
      return ParquetFile.#make(source, name, parquetMetadata(footer, { geoparquet: false }), parquetSchema)
    } catch {
      return undefined
    }
  }

  static #make(
    source: ByteSource,
    name: string,
    metadata: FileMetaData,
    schemaOf: (metadata: FileMetaData) => SchemaTree,
  ): ParquetFile {
    for (const element of metadata.schema) annotate(element)
    for (const { num_rows } of [metadata, ...metadata.row_groups]) {
      // A damaged field may have any type, and a reader would not end on what is not a number.
      if (typeof num_rows !== 'bigint' || num_rows < 0n) throw new Error('a number of rows is missing')
    }
    return new ParquetFile(source, name, metadata, schemaOf(metadata).children)
  }

  get rows(): number {
    return Number(this.#metadata.num_rows)
  }

  get rowGroups(): number {
    return this.#metadata.row_groups.length
  }

  get columns(): ParquetColumn[] {
    return this.#columns.map(({ element, children }) => ({
      name: element.name,
      type: typeOf(element, children.length > 0),
      nullable: element.repetition_type !== 'REQUIRED',
    }))
  }

  /** Rows of each row group, according to the footer. */
  get rowsOfGroups(): number[] {
    return this.#metadata.row_groups.map((group) => Number(group.num_rows))
  }

  /**
   * The positions of the column chunks, in the order of the footer. Undefined when the footer lacks the position of a
   * chunk.
   */
  get chunkPlaces(): ChunkPlace[] | undefined {
    const places = this.#metadata.row_groups.flatMap(({ columns }) => columns.map(placeOfChunk))
    return places.every((place) => place !== undefined) ? places : undefined
  }

  /** The positions of page indexes and Bloom filters, which other tools write besides the column chunks. */
  get indexPlaces(): ByteRange[] {
    return this.#metadata.row_groups.flatMap(({ columns }) => columns.flatMap(placesOfIndexes))
  }

  /**
   * Refuses names that are not columns of the file.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
   */
  expectColumns(names: readonly string[]): void {
    const known = this.#columns.map(({ element }) => element.name)
    for (const name of names) if (!known.includes(name)) throw unknownKey(name, known, `column of ${this.#name}`)
  }

  /**
   * Decodes a whole row group. To decode a part of it would cost as much.
   *
   * @param index - counted from 0
   * @param names - the columns to read, in the order of the result
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT`
   */
  async readRowGroup(index: number, names: readonly string[]): Promise<RowGroupColumns> {
    const { parquetRead } = await import('hyparquet')
    const groups = this.#metadata.row_groups
    const rowStart = groups.slice(0, index).reduce((rows, group) => rows + Number(group.num_rows), 0)
    const rows = Number(groups[index]?.num_rows ?? 0)
    const pages = new Map<string, ArrayLike<unknown>[]>(names.map((name) => [name, []]))
    if (rows === 0 || names.length === 0) return { rows, values: names.map(() => []) }
    try {
      await parquetRead({
        file: this.#source,
        metadata: this.#metadata,
        columns: [...names],
        rowStart,
        rowEnd: rowStart + rows,
        utf8: false,
        compressors,
        parsers,
        onChunk: ({ columnName, columnData }) => void pages.get(columnName)?.push(columnData),
      })
    } catch (error) {
      const remedy = 'The file is damaged or uses an unsupported feature: write or download it again.'
      throw unreadable(this.#name, `row group ${index + 1} cannot be decoded (${messageOf(error)})`, remedy, error)
    }
    return { rows, values: names.map((name) => this.#join(name, pages.get(name) ?? [], rows)) }
  }

  #join(name: string, pages: readonly ArrayLike<unknown>[], rows: number): readonly unknown[] {
    const values = joinPages(pages, rows)
    const element = this.#columns.find((column) => column.element.name === name)?.element
    if (element?.converted_type !== 'DECIMAL') return values
    const digits = element.scale ?? 0
    return values.map((value) => (typeof value === 'number' ? Number(value.toFixed(digits)) : value))
  }
}

function joinPages(pages: readonly ArrayLike<unknown>[], rows: number): readonly unknown[] {
  const [only] = pages
  if (pages.length === 1 && Array.isArray(only) && only.length === rows && !only.includes(undefined)) return only
  const values: unknown[] = []
  // Loops by index: a spread or an iterator would take several times as long.
  for (const page of pages) for (let row = 0; row < page.length; row++) values.push(page[row] ?? null)
  // hyparquet may return no values for a column of only nulls.
  while (values.length < rows) values.push(null)
  return values
}

/** Decoders of compressed pages, in addition to those of hyparquet. A page cannot grow beyond its stated size. */
const compressors: Compressors = {
  GZIP: (input, outputLength) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  BROTLI: (input, outputLength) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  ZSTD: (input, outputLength) => {
    if (zstdDecompressSync === undefined) throw new Error(NO_ZSTD)
    return zstdDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) })
  },
}

/** A byte order mark at the start of a string belongs to the string. The decoder of hyparquet removes it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const parsers = { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes) }

/** Distinguishes cases that hyparquet does not: an empty file, a file of another format, and a file without its end. */
async function checkFrame(source: ByteSource, name: string): Promise<void> {
  const { byteLength } = source
  if (byteLength === 0) throw unreadable(name, 'it is empty', 'It was probably never written to: write it again.')
  const head = await magicOf(source, 0)
  if (head === 'PARE') throw unreadable(name, 'its footer is encrypted', 'Decrypt it first.')
  if (head !== 'PAR1') throw unreadable(name, 'it is not a Parquet file', 'Check the path and the format.')
  const tail = byteLength < MIN_FILE_BYTES ? '' : await magicOf(source, byteLength - 4)
  if (tail !== 'PAR1') {
    throw unreadable(
      name,
      'it was cut short: its footer is missing',
      'Download or write it again, or truncate it with `spillway repair`.',
    )
  }
}

async function magicOf(source: ByteSource, start: number): Promise<string> {
  const bytes = await source.slice(start, Math.min(start + 4, source.byteLength))
  return Buffer.from(bytes).toString('latin1')
}

function placeOfChunk({ file_path: path, meta_data: chunk }: ColumnChunk): ChunkPlace | undefined {
  if (chunk === undefined || (path !== undefined && path !== '')) return undefined
  const dataStart = Number(chunk.data_page_offset)
  const dictionary = Number(chunk.dictionary_page_offset ?? 0)
  // Some tools write 0 when there is no dictionary.
  const start = dictionary > 0 && dictionary < dataStart ? dictionary : dataStart
  const place = { start, dataStart, end: start + Number(chunk.total_compressed_size), values: Number(chunk.num_values) }
  return Object.values(place).every(isCount) ? place : undefined
}

function placesOfIndexes({ meta_data: chunk, ...column }: ColumnChunk): ByteRange[] {
  const places = [
    [column.offset_index_offset, column.offset_index_length],
    [column.column_index_offset, column.column_index_length],
    [chunk?.bloom_filter_offset, chunk?.bloom_filter_length],
  ] as const
  return places
    .filter(([offset, length]) => offset !== undefined && length !== undefined)
    .map(([offset, length]) => ({ start: Number(offset), end: Number(offset) + Number(length) }))
}

/** Whether a value of the metadata is a valid count. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function annotate(element: SchemaElement): void {
  const logical = element.logical_type
  const type = element.converted_type === 'ENUM' ? 'ENUM' : logical?.type
  if (type === undefined || !Object.hasOwn(CONVERTED, type)) return
  element.converted_type = CONVERTED[type as keyof typeof CONVERTED]
  if (logical?.type === 'DECIMAL') element.scale ??= logical.scale
}

function typeOf(element: SchemaElement, nested: boolean): string {
  const { converted_type: converted, logical_type: logical, type } = element
  if (logical?.type === 'TIMESTAMP') return `TIMESTAMP_${logical.unit}`
  if (converted === 'INT_32' || converted === 'INT_64') return type ?? converted
  return converted ?? logical?.type ?? (nested ? 'STRUCT' : (type ?? 'UNKNOWN'))
}

function unreadable(path: string, reason: string, remedy: string, cause?: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_INPUT', `${path} cannot be read as Parquet: ${reason}. ${remedy}`, {
    ...(cause !== undefined && { cause }),
    place: { path },
  })
}
