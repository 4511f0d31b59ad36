/**
 * A Parquet file through hyparquet: its footer, and the columns of its row groups. hyparquet is loaded when the first
 * file is read, so that whoever reads none never loads it.
 */
import * as zlib from 'node:zlib'
import type { ColumnChunk, Compressors, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet'
import { messageOf, SpillwayError } from '../../lib/core/errors.ts'
import { unknownKey } from '../../lib/core/options.ts'
import { NO_ZSTD, zstdDecompressSync } from '../parquet/compression/zstd.ts'
import type { ByteSource } from '../files/file-slices.ts'

/** A column at the top level of the file. @inline */
export interface ParquetColumn {
  /** Name of the column. */
  readonly name: string
  /** What its values are, in the format's words: `DOUBLE`, `INT64`, `UTF8`, `TIMESTAMP_MILLIS`, `LIST`, `STRUCT`, ... */
  readonly type: string
  /** Whether it may hold nulls. */
  readonly nullable: boolean
}

/** Bytes of the file, from `start` up to `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The bytes of one column in one row group, and what the footer says of them. */
export interface ChunkPlace extends ByteRange {
  /** Where its first data page begins; before that is its dictionary, if it has one. */
  readonly dataStart: number
  /** Values in its pages, nulls included. */
  readonly values: number
}

/** The columns of one row group, in the order asked for. */
export interface RowGroupColumns {
  readonly rows: number
  readonly values: readonly (readonly unknown[])[]
}

/** Annotations that hyparquet knows by their older names only. */
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
   * @param name - what to call the file in messages: its path
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for bytes that are no complete Parquet file
   */
  static async read(source: ByteSource, name: string): Promise<ParquetFile> {
    await checkFrame(source, name)
    const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
    try {
      const metadata = await parquetMetadataAsync(source, { geoparquet: false })
      return ParquetFile.#make(source, name, metadata, parquetSchema)
    } catch (error) {
      throw unreadable(name, `its footer is damaged (${messageOf(error)})`, 'Write or fetch the file again.', error)
    }
  }

  /**
   * Takes a footer that was read already, its length and its magic bytes included, for that of the file.
   *
   * @returns undefined for bytes that are no footer
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

  /** Rows of each row group, as the footer has them. */
  get rowsOfGroups(): number[] {
    return this.#metadata.row_groups.map((group) => Number(group.num_rows))
  }

  /** Where the column chunks are, in the order of the footer; undefined when it does not say so of each. */
  get chunkPlaces(): ChunkPlace[] | undefined {
    const places = this.#metadata.row_groups.flatMap(({ columns }) => columns.map(placeOfChunk))
    return places.every((place) => place !== undefined) ? places : undefined
  }

  /** Where the page indexes and Bloom filters are, which other tools write beside the column chunks. */
  get indexPlaces(): ByteRange[] {
    return this.#metadata.row_groups.flatMap(({ columns }) => columns.flatMap(placesOfIndexes))
  }

  /**
   * Refuses names that are no column of the file.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
   */
  expectColumns(names: readonly string[]): void {
    const known = this.#columns.map(({ element }) => element.name)
    for (const name of names) if (!known.includes(name)) throw unknownKey(name, known, `column of ${this.#name}`)
  }

  /**
   * Decodes a row group, whole: a part of one would cost as much.
   *
   * @param index - counted from 0
   * @param names - columns to read, and their order
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
      const remedy = 'The file is damaged, or uses what cannot be read: write or fetch it again.'
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
  // By index: a spread or an iterator would take several times as long.
  for (const page of pages) for (let row = 0; row < page.length; row++) values.push(page[row] ?? null)
  // What holds nothing but nulls need not have values.
  while (values.length < rows) values.push(null)
  return values
}

/** Decoders of compressed pages, beside those of hyparquet; a page cannot grow beyond the size it states. */
const compressors: Compressors = {
  GZIP: (input, outputLength) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  BROTLI: (input, outputLength) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  ZSTD: (input, outputLength) => {
    if (zstdDecompressSync === undefined) throw new Error(NO_ZSTD)
    return zstdDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) })
  },
}

/** A byte order mark at the start of a text belongs to it; hyparquet's own decoder leaves it out. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const parsers = { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes) }

/** Tells apart what hyparquet does not: an empty file, a foreign one, and one without its end. */
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
      'Fetch or write it again, or cut it back with `spillway repair`.',
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
  // Some tools write 0 for a dictionary that is not there.
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

/** Whether a figure of the metadata can count anything. */
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
