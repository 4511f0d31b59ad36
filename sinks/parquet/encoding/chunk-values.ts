/**
 * The values of a column chunk in the form that its pages need. The first values may be indices into a dictionary. All
 * later values are in PLAIN encoding.
 */
import { bitWidthOf, encodeHybrid } from './hybrid.ts'

/** The values that are not null, in order. `from` and `to` are positions among these values. */
export interface ChunkValues {
  /** Number of values, from the first on, that are indices into the dictionary. No page mixes these with others. */
  readonly indexed: number
  /** The dictionary page, if there is one. */
  readonly dictionary: DictionaryPage | undefined
  /** Approximate size in bytes of the values in a page. */
  byteLength(from: number, to: number): number
  /** Encodes the values of a page. The result may share memory and is valid until the next change. */
  encode(from: number, to: number): Uint8Array
}

/** The distinct values of a column chunk. */
export interface DictionaryPage {
  readonly count: number
  /** The values in PLAIN encoding, in the order of their indices. */
  readonly bytes: Uint8Array
}

/** A chunk without values. */
export const NO_VALUES: ChunkValues = {
  indexed: 0,
  dictionary: undefined,
  byteLength: () => 0,
  encode: () => new Uint8Array(0),
}

/** Values given by `indices` into a dictionary with at least one entry. */
export function indexedValues(indices: Uint32Array, dictionary: DictionaryPage): ChunkValues {
  const bitWidth = bitWidthOf(dictionary.count - 1)
  return {
    indexed: indices.length,
    dictionary,
    byteLength: (from, to) => Math.ceil(((to - from) * bitWidth) / 8),
    encode(from, to) {
      // The bit width is stored before the runs.
      return Buffer.concat([Uint8Array.of(bitWidth), encodeHybrid(indices, from, to, bitWidth)])
    },
  }
}

/** Indexed values followed by plain values. */
export function followedBy(indexed: ChunkValues, plain: ChunkValues): ChunkValues {
  const first = indexed.indexed
  return {
    ...indexed,
    byteLength: (from, to) =>
      from < first ? indexed.byteLength(from, to) : plain.byteLength(from - first, to - first),
    encode: (from, to) => (from < first ? indexed.encode(from, to) : plain.encode(from - first, to - first)),
  }
}
