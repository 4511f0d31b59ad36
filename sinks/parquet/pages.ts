/**
 * The data pages (version 1) of a column chunk: definition levels, then values in PLAIN encoding, compressed together,
 * behind a header of its own.
 */
import type { Scratch } from './scratch.ts'
import type { ColumnBuffer } from './column-buffer.ts'
import type { Codec } from './compression.ts'
import { encodeLevels } from './levels.ts'
import { DataPageHeader, Encoding, PageHeader, PageType, serialize } from './thrift.ts'

/** Rows of a full page. */
export const MAX_PAGE_ROWS = 20_000

/** Bytes of values in a full page; a single value may have more. */
export const MAX_PAGE_BYTES = 256 * 1024

/** The part of a column that goes into one page: rows `[fromRow, toRow)` with the values `[fromValue, toValue)`. */
export interface PageRange {
  readonly fromRow: number
  readonly toRow: number
  readonly fromValue: number
  readonly toValue: number
}

/** An encoded page. */
export interface Page {
  readonly header: Buffer
  /** Levels and values, compressed. */
  readonly data: Buffer
  /** Bytes of the levels and values before compression. */
  readonly uncompressedBytes: number
}

/** Cuts a column into pages, in order. */
export function* splitPages({ levels, values }: ColumnBuffer): Generator<PageRange> {
  let fromRow = 0
  let fromValue = 0
  let toValue = 0
  for (let row = 0; row < levels.length; row++) {
    const nextValue = toValue + (levels[row] as number)
    const bytes = values?.byteLength(fromValue, nextValue) ?? 0
    if (row - fromRow === MAX_PAGE_ROWS || (row > fromRow && bytes > MAX_PAGE_BYTES)) {
      yield { fromRow, toRow: row, fromValue, toValue }
      fromRow = row
      fromValue = toValue
    }
    toValue = nextValue
  }
  if (levels.length > 0) yield { fromRow, toRow: levels.length, fromValue, toValue }
}

/**
 * Encodes one page of a column.
 *
 * @param scratch - where the page is put together; nobody else may use it meanwhile
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when the page cannot be compressed
 */
export async function encodePage(
  { levels, values }: ColumnBuffer,
  range: PageRange,
  codec: Codec,
  scratch: Scratch,
): Promise<Page> {
  const encodedLevels = encodeLevels(levels, range.fromRow, range.toRow)
  const encodedValues = values?.encode(range.fromValue, range.toValue) ?? Buffer.alloc(0)
  const uncompressed = scratch.join([encodedLevels, encodedValues])
  const data = await codec.compress(uncompressed)
  const header = new PageHeader({
    type: PageType.DATA_PAGE,
    uncompressed_page_size: uncompressed.length,
    compressed_page_size: data.length,
    data_page_header: new DataPageHeader({
      num_values: range.toRow - range.fromRow,
      encoding: Encoding.PLAIN,
      definition_level_encoding: Encoding.RLE,
      repetition_level_encoding: Encoding.RLE,
    }),
  })
  return { header: serialize(header), data, uncompressedBytes: uncompressed.length }
}
