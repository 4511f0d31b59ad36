/**
 * The pages of a column chunk. If there is a dictionary, its page comes first. Data pages (version 1) with definition
 * levels and values follow. Each page is compressed separately and has its own header.
 */
import { crc32 } from 'node:zlib'
import type { ChunkValues, DictionaryPage } from './encoding/chunk-values.ts'
import type { ColumnBuffer } from './encoding/column-buffer.ts'
import { encodeLevels } from './encoding/levels.ts'
import {
  DataPageHeader,
  DictionaryPageHeader,
  Encoding,
  PageHeader,
  PageType,
  serialize,
  type ThriftStruct,
} from './thrift/thrift.ts'

/** Rows of a full page. */
export const MAX_PAGE_ROWS = 20_000

/** Bytes of values in a full page. A single value may be larger. */
export const MAX_PAGE_BYTES = 256 * 1024

/** The range of a column for one page: rows `[fromRow, toRow)` with the values `[fromValue, toValue)`. */
interface PageRange {
  readonly fromRow: number
  readonly toRow: number
  readonly fromValue: number
  readonly toValue: number
}

/** A page before compression. */
export interface UncompressedPage {
  /** Its parts, in order. */
  readonly parts: readonly Uint8Array[]
  readonly uncompressedBytes: number
  /** Returns the header. Called after the page was compressed. */
  header(this: void, compressed: Uint8Array): Buffer
}

/**
 * Splits a column into pages, in order. A page has {@link MAX_PAGE_ROWS} rows, or half or a quarter of that and so on
 * until its values fit {@link MAX_PAGE_BYTES}. A page ends where the dictionary indices end.
 */
export function* splitPages({ levels, rows }: ColumnBuffer, values: ChunkValues): Generator<PageRange> {
  let fromRow = 0
  let fromValue = 0
  while (fromRow < rows) {
    let pageRows = Math.min(MAX_PAGE_ROWS, rows - fromRow)
    let pageValues = countValues(levels, fromRow, fromRow + pageRows)
    const indexed = values.indexed - fromValue
    if (indexed > 0 && indexed < pageValues) {
      pageRows = countRows(levels, fromRow, indexed)
      pageValues = indexed
    }
    while (pageRows > 1 && values.byteLength(fromValue, fromValue + pageValues) > MAX_PAGE_BYTES) {
      pageRows = Math.ceil(pageRows / 2)
      pageValues = countValues(levels, fromRow, fromRow + pageRows)
    }
    yield { fromRow, toRow: fromRow + pageRows, fromValue, toValue: fromValue + pageValues }
    fromRow += pageRows
    fromValue += pageValues
  }
}

/** The dictionary page. */
export function dictionaryPage({ bytes, count }: DictionaryPage): UncompressedPage {
  return makePage([bytes], PageType.DICTIONARY_PAGE, {
    dictionary_page_header: new DictionaryPageHeader({ num_values: count, encoding: Encoding.PLAIN }),
  })
}

/** A data page. It contains no levels if the column is required. */
export function dataPage(
  { levels }: ColumnBuffer,
  nullable: boolean,
  values: ChunkValues,
  { fromRow, toRow, fromValue, toValue }: PageRange,
): UncompressedPage {
  const encodedLevels = nullable ? [encodeLevels(levels, fromRow, toRow)] : []
  return makePage([...encodedLevels, values.encode(fromValue, toValue)], PageType.DATA_PAGE, {
    data_page_header: new DataPageHeader({
      num_values: toRow - fromRow,
      encoding: fromValue < values.indexed ? Encoding.RLE_DICTIONARY : Encoding.PLAIN,
      definition_level_encoding: Encoding.RLE,
      repetition_level_encoding: Encoding.RLE,
    }),
  })
}

function makePage(
  parts: readonly Uint8Array[],
  type: number,
  specific: { data_page_header: ThriftStruct } | { dictionary_page_header: ThriftStruct },
): UncompressedPage {
  const uncompressedBytes = parts.reduce((bytes, part) => bytes + part.length, 0)
  return {
    parts,
    uncompressedBytes,
    header: (compressed) =>
      serialize(
        new PageHeader({
          type,
          uncompressed_page_size: uncompressedBytes,
          compressed_page_size: compressed.length,
          // The format has it as a signed number.
          crc: crc32(compressed) | 0,
          ...specific,
        }),
      ),
  }
}

function countValues(levels: Uint8Array | undefined, from: number, to: number): number {
  if (levels === undefined) return to - from
  let count = 0
  for (let row = from; row < to; row++) count += levels[row] as number
  return count
}

/** Returns how many rows, starting at `fromRow`, contain `values` values. */
function countRows(levels: Uint8Array | undefined, fromRow: number, values: number): number {
  if (levels === undefined) return values
  let row = fromRow
  for (let found = 0; found < values; row++) found += levels[row] as number
  return row - fromRow
}
