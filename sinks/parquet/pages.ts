/**
 * The pages of a column chunk. If there is a dictionary, its page comes first. Data pages (version 1) with levels
 * and values follow. Each page is compressed separately and has its own header.
 */
import { crc32 } from 'node:zlib'
import type { ChunkValues, DictionaryPage } from './encoding/chunk-values.ts'
import type { Leaf } from './encoding/leaf.ts'
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

/** Entries of a full page: rows, unless the column has lists. */
export const MAX_PAGE_ROWS = 20_000

/** Bytes of values in a full page. A single value may be larger. */
export const MAX_PAGE_BYTES = 256 * 1024

/** The range of a leaf for one page: entries `[from, to)` with the values `[fromValue, toValue)`. */
interface PageRange {
  readonly from: number
  readonly to: number
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
 * Splits a leaf into pages, in order. A page has {@link MAX_PAGE_ROWS} entries, or half or a quarter of that and so on
 * until its values fit {@link MAX_PAGE_BYTES}, and the rest of its last row. A page ends where the dictionary indices end,
 * which may be within a row.
 */
export function* splitPages(leaf: Leaf, values: ChunkValues): Generator<PageRange> {
  const { entries } = leaf
  let from = 0
  let fromValue = 0
  while (from < entries) {
    let to = rowEnd(leaf, Math.min(from + MAX_PAGE_ROWS, entries))
    let count = countValues(leaf, from, to)
    const indexed = values.indexed - fromValue
    if (indexed > 0 && indexed < count) {
      to = from + countEntries(leaf, from, indexed)
      count = indexed
    }
    while (to - from > 1 && values.byteLength(fromValue, fromValue + count) > MAX_PAGE_BYTES) {
      const half = rowEnd(leaf, from + Math.ceil((to - from) / 2))
      if (half >= to) break
      to = half
      count = countValues(leaf, from, to)
    }
    yield { from, to, fromValue, toValue: fromValue + count }
    from = to
    fromValue += count
  }
}

/** The dictionary page. */
export function dictionaryPage({ bytes, count }: DictionaryPage): UncompressedPage {
  return makePage([bytes], PageType.DICTIONARY_PAGE, {
    dictionary_page_header: new DictionaryPageHeader({ num_values: count, encoding: Encoding.PLAIN }),
  })
}

/** A data page. It contains no levels that are always 0. */
export function dataPage(
  leaf: Leaf,
  values: ChunkValues,
  { from, to, fromValue, toValue }: PageRange,
): UncompressedPage {
  const { definitionLevels, maxDefinition, repetitionLevels, maxRepetition } = leaf
  const parts = [
    ...(maxRepetition > 0 ? [encodeLevels(repetitionLevels, from, to, maxRepetition)] : []),
    ...(maxDefinition > 0 ? [encodeLevels(definitionLevels, from, to, maxDefinition)] : []),
    values.encode(fromValue, toValue),
  ]
  return makePage(parts, PageType.DATA_PAGE, {
    data_page_header: new DataPageHeader({
      num_values: to - from,
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

/** The end of the row that has the entry before `entry`. */
function rowEnd({ repetitionLevels, entries }: Leaf, entry: number): number {
  if (repetitionLevels === undefined) return entry
  let end = entry
  while (end < entries && repetitionLevels[end] !== 0) end += 1
  return end
}

function countValues({ definitionLevels, maxDefinition }: Leaf, from: number, to: number): number {
  if (definitionLevels === undefined) return to - from
  let count = 0
  for (let entry = from; entry < to; entry++) if (definitionLevels[entry] === maxDefinition) count += 1
  return count
}

/** Returns how many entries, starting at `from`, contain `values` values. */
function countEntries({ definitionLevels, maxDefinition }: Leaf, from: number, values: number): number {
  if (definitionLevels === undefined) return values
  let entry = from
  for (let found = 0; found < values; entry++) if (definitionLevels[entry] === maxDefinition) found += 1
  return entry - from
}
