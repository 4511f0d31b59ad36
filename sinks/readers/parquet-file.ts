/**
 * Reads a Parquet file: its footer, and the columns of its row groups.
 */
import { setImmediate } from 'node:timers/promises'
import {
  loadHyparquet,
  type ColumnChunk,
  type FileMetaData,
  type ParquetParsers,
  type SchemaElement,
  type SchemaTree,
} from './hyparquet.ts'
import { messageOf, SpillwayError } from '../../lib/core/errors.ts'
import { parseExactJson } from '../../lib/core/exact-json.ts'
import { unknownKey } from '../../lib/core/options.ts'
import type { ByteRange, ByteSource } from '../files/file-slices.ts'
import { CHECKSUMS_KEY } from '../parquet/checksums.ts'
import { CheckedChunks, type CheckedChunk } from './checked-chunks.ts'
import { columnTypeOf } from './column-type-of.ts'
import { conversionOf, takeLogicalTypes, type LogicalType, type ReadingOptions } from './logical-values.ts'
import type { ColumnType } from '../columns/column-type.ts'
import { dateOfNanoseconds } from '../values/precise-date.ts'
import { decodersOf } from './page-codecs.ts'
import { isCount, parseFooter, readFooter, reasonOf, unreadable, type ParquetFooter } from './parquet-footer.ts'

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
  /** The type with which a sink writes it again. Null when there is no such type. */
  readonly columnType: ColumnType | null
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
const CONVERTED = { ENUM: 'UTF8', JSON: 'JSON', DATE: 'DATE', LIST: 'LIST', STRING: 'UTF8' } as const

/** An open Parquet file. Memory: its footer, and one row group while it is read. */
export class ParquetFile {
  readonly #source: ByteSource
  readonly #name: string
  readonly #metadata: FileMetaData
  readonly #checksums: readonly number[] | undefined
  readonly #columns: readonly SchemaTree[]
  readonly #columnTypes: readonly (ColumnType | null)[]
  /** Logical types that are not decoded by hyparquet. */
  readonly #types = new Map<SchemaElement, LogicalType>()

  private constructor(
    source: ByteSource,
    name: string,
    footer: ParquetFooter,
    columns: readonly SchemaTree[],
    options: ReadingOptions,
  ) {
    this.#source = source
    this.#name = name
    this.#metadata = footer.metadata
    this.#checksums = footer.checksums
    this.#columns = columns
    footer.metadata.schema.forEach(annotate)
    for (const column of columns) expectReadable(column, name)
    this.#columnTypes = columns.map((column) => columnTypeOf(column, options))
    for (const column of columns) takeLogicalTypes(column, options, this.#types)
  }

  /**
   * Reads the footer.
   *
   * @param name - name of the file in messages: its path
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the bytes are not a complete Parquet file
   */
  static async read(source: ByteSource, name: string, options: ReadingOptions = {}): Promise<ParquetFile> {
    const footer = await readFooter(source, name)
    const { parquetSchema } = await loadHyparquet()
    return ParquetFile.#make(source, name, footer, parquetSchema, options)
  }

  /**
   * Uses a footer that was already read, including its length and magic bytes, as the footer of the file.
   *
   * @param start - the offset of the footer
   * @returns undefined when the bytes are not a footer
   */
  static async fromFooter(
    footer: ArrayBuffer,
    start: number,
    source: ByteSource,
    name: string,
  ): Promise<ParquetFile | undefined> {
    const { parquetSchema } = await loadHyparquet()
    try {
      return ParquetFile.#make(source, name, await parseFooter(Buffer.from(footer), start), parquetSchema, {})
    } catch {
      return undefined
    }
  }

  static #make(
    source: ByteSource,
    name: string,
    footer: ParquetFooter,
    schemaOf: (metadata: FileMetaData) => SchemaTree,
    options: ReadingOptions,
  ): ParquetFile {
    return new ParquetFile(source, name, footer, schemaOf(footer.metadata).children, options)
  }

  get rows(): number {
    return Number(this.#metadata.num_rows)
  }

  get rowGroups(): number {
    return this.#metadata.row_groups.length
  }

  get columns(): ParquetColumn[] {
    return this.#columns.map(({ element, children }, index) => ({
      name: element.name,
      type: this.#types.get(element)?.name ?? typeOf(element, children.length > 0),
      nullable: element.repetition_type === 'OPTIONAL',
      columnType: this.#columnTypes[index] ?? null,
    }))
  }

  /** The key-value metadata, without the checksums. */
  get pairs(): Readonly<Record<string, string>> {
    const pairs = this.#metadata.key_value_metadata ?? []
    // `fromEntries` makes a key called `__proto__` an own property.
    return Object.fromEntries(
      pairs.filter(({ key }) => key !== CHECKSUMS_KEY).map(({ key, value }) => [key, value ?? '']),
    )
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
   * Decodes a whole row group. To decode a part of it would cost as much. Between two columns it returns to the event loop.
   *
   * @param index - counted from 0
   * @param names - the columns to read, in the order of the result
   * @param signal - stops it before the next column
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT`; the reason of the signal when it was aborted
   */
  async readRowGroup(index: number, names: readonly string[], signal?: AbortSignal): Promise<RowGroupColumns> {
    const { parquetRead } = await loadHyparquet()
    const groups = this.#metadata.row_groups
    const rowStart = groups.slice(0, index).reduce((rows, group) => rows + Number(group.num_rows), 0)
    const rows = Number(groups[index]?.num_rows ?? 0)
    const pages = new Map<string, ArrayLike<unknown>[]>(names.map((name) => [name, []]))
    if (rows === 0 || names.length === 0) return { rows, values: names.map(() => []) }
    try {
      const file = new CheckedChunks(this.#source, this.#chunksOf(index, new Set(names)))
      const compressors = await decodersOf(this.#codecsOf(index))
      for (const name of new Set(names)) {
        await setImmediate()
        signal?.throwIfAborted()
        await parquetRead({
          file,
          metadata: this.#metadata,
          columns: [name],
          rowStart,
          rowEnd: rowStart + rows,
          utf8: false,
          compressors,
          parsers,
          onChunk: ({ columnName, columnData }) => void pages.get(columnName)?.push(columnData),
        })
      }
      await file.finish()
      return { rows, values: names.map((name) => this.#join(name, pages.get(name) ?? [], rows)) }
    } catch (error) {
      if (error instanceof SpillwayError || signal?.aborted === true) throw error
      const remedy = 'The file is damaged or uses an unsupported feature: write or download it again.'
      const reason = reasonOf(error, 'its bytes are not those of pages')
      throw unreadable(this.#name, `row group ${index + 1} cannot be decoded (${reason})`, remedy, error)
    }
  }

  /** The column chunks of a row group, with their checksums. Chunks whose position is unknown are left out. */
  #chunksOf(index: number, names: ReadonlySet<string>): CheckedChunk[] {
    const groups = this.#metadata.row_groups
    const before = groups.slice(0, index).reduce((sum, { columns }) => sum + columns.length, 0)
    return (groups[index]?.columns ?? []).flatMap((chunk, at) => {
      const place = placeOfChunk(chunk)
      const [column = ''] = chunk.meta_data?.path_in_schema ?? []
      return place === undefined || !names.has(column)
        ? []
        : [{ ...place, column, crc32: this.#checksums?.[before + at] }]
    })
  }

  #codecsOf(index: number): ReadonlySet<string> {
    const { columns = [] } = this.#metadata.row_groups[index] ?? {}
    return new Set(columns.map(({ meta_data: chunk }) => chunk?.codec ?? 'UNCOMPRESSED'))
  }

  #join(name: string, pages: readonly ArrayLike<unknown>[], rows: number): readonly unknown[] {
    const found = pages.reduce((sum, page) => sum + page.length, 0)
    // hyparquet may return no values for a column of only nulls.
    if (found !== rows && found !== 0)
      throw new Error(`column ${JSON.stringify(name)} has ${found} values, not ${rows}`)
    const tree = this.#columns.find((column) => column.element.name === name)
    const convert = tree && conversionOf(tree, this.#types)
    return convert === undefined ? joinPages(pages, rows) : convertPages(pages, rows, convert)
  }
}

function convertPages(
  pages: readonly ArrayLike<unknown>[],
  rows: number,
  convert: (value: unknown) => unknown,
): readonly unknown[] {
  const values: unknown[] = []
  for (const page of pages) for (let row = 0; row < page.length; row++) values.push(convert(page[row]))
  while (values.length < rows) values.push(convert(undefined))
  return values
}

/** Refuses a field that hyparquet would leave out without an error. */
function expectReadable({ children }: SchemaTree, file: string): void {
  for (const child of children) {
    if (child.element.name === '__proto__') {
      throw unreadable(file, 'a field within a column is called __proto__', 'Rename the field.')
    }
    expectReadable(child, file)
  }
}

function joinPages(pages: readonly ArrayLike<unknown>[], rows: number): readonly unknown[] {
  const [only] = pages
  if (pages.length === 1 && Array.isArray(only) && only.length === rows && !only.includes(undefined)) return only
  const values: unknown[] = []
  // Loops by index: a spread or an iterator would take several times as long.
  for (const page of pages) for (let row = 0; row < page.length; row++) values.push(page[row] ?? null)
  while (values.length < rows) values.push(null)
  return values
}

/** A byte order mark at the start of a string belongs to the string. The decoder of hyparquet removes it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && parseJson(decoder.decode(bytes)),
  dateFromDays: (days: number) => dateOfNanoseconds(BigInt(days) * 86_400_000_000_000n),
  timestampFromMilliseconds: (time: bigint) => dateOfNanoseconds(time * 1_000_000n),
  timestampFromMicroseconds: (time: bigint) => dateOfNanoseconds(time * 1000n),
  timestampFromNanoseconds: dateOfNanoseconds,
} as unknown as Partial<ParquetParsers>

/** The value of JSON text, with all digits of its integers. */
function parseJson(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch (error) {
    throw new Error(`text of a JSON column is not JSON: ${messageOf(error)}`, { cause: error })
  }
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

function annotate(element: SchemaElement): void {
  const logical = element.logical_type
  const type = element.converted_type === 'ENUM' ? 'ENUM' : logical?.type
  if (type === undefined || !Object.hasOwn(CONVERTED, type)) return
  element.converted_type = CONVERTED[type as keyof typeof CONVERTED]
}

function typeOf(element: SchemaElement, nested: boolean): string {
  const { converted_type: converted, logical_type: logical, type } = element
  if (logical?.type === 'TIMESTAMP') return `TIMESTAMP_${logical.unit}`
  if (converted === 'INT_32' || converted === 'INT_64') return type ?? converted
  return converted ?? logical?.type ?? (nested ? 'STRUCT' : (type ?? 'UNKNOWN'))
}
