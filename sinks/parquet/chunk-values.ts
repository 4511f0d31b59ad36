/**
 * The values of a column chunk as its pages take them: in PLAIN encoding, or as indices into a dictionary.
 */
import { bitWidthOf, encodeHybrid } from './hybrid.ts'
import { Encoding } from './thrift.ts'

/** The values that are not null, in order; `from` and `to` count them. */
export interface ChunkValues {
  /** The encoding of the data pages, in numbers of parquet.thrift. */
  readonly encoding: number
  /** What stands in the dictionary page, when there is one. */
  readonly dictionary: DictionaryPage | undefined
  /** Bytes of the values in a page, about. */
  byteLength(from: number, to: number): number
  /** The bytes of the values in a page. May share memory: to be used before the next change. */
  encode(from: number, to: number): Uint8Array
}

/** The distinct values of a column chunk. */
export interface DictionaryPage {
  readonly count: number
  /** The values in PLAIN encoding, by their index. */
  readonly bytes: Uint8Array
}

/** A chunk without values. */
export const NO_VALUES: ChunkValues = {
  encoding: Encoding.PLAIN,
  dictionary: undefined,
  byteLength: () => 0,
  encode: () => new Uint8Array(0),
}

/** Values as indices into `dictionary`, which has an entry at least. */
export function indexedValues(indices: Uint32Array, dictionary: DictionaryPage): ChunkValues {
  const bitWidth = bitWidthOf(dictionary.count - 1)
  return {
    encoding: Encoding.RLE_DICTIONARY,
    dictionary,
    byteLength: (from, to) => Math.ceil(((to - from) * bitWidth) / 8),
    encode(from, to) {
      // The width stands in front of the runs.
      return Buffer.concat([Uint8Array.of(bitWidth), encodeHybrid(indices, from, to, bitWidth)])
    },
  }
}
