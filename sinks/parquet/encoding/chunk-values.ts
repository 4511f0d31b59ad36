/**
 * The values of a column chunk as its pages take them: as indices into a dictionary up to some value, in PLAIN encoding
 * from there on.
 */
import { bitWidthOf, encodeHybrid } from './hybrid.ts'

/** The values that are not null, in order; `from` and `to` count them. */
export interface ChunkValues {
  /** Values, from the first on, that are indices into the dictionary; no page has some of these and others. */
  readonly indexed: number
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
  indexed: 0,
  dictionary: undefined,
  byteLength: () => 0,
  encode: () => new Uint8Array(0),
}

/** The values of `indices`, which are into a dictionary of one entry at least. */
export function indexedValues(indices: Uint32Array, dictionary: DictionaryPage): ChunkValues {
  const bitWidth = bitWidthOf(dictionary.count - 1)
  return {
    indexed: indices.length,
    dictionary,
    byteLength: (from, to) => Math.ceil(((to - from) * bitWidth) / 8),
    encode(from, to) {
      // The width stands in front of the runs.
      return Buffer.concat([Uint8Array.of(bitWidth), encodeHybrid(indices, from, to, bitWidth)])
    },
  }
}

/** Indexed values, and plain ones after them. */
export function followedBy(indexed: ChunkValues, plain: ChunkValues): ChunkValues {
  const first = indexed.indexed
  return {
    ...indexed,
    byteLength: (from, to) =>
      from < first ? indexed.byteLength(from, to) : plain.byteLength(from - first, to - first),
    encode: (from, to) => (from < first ? indexed.encode(from, to) : plain.encode(from - first, to - first)),
  }
}
