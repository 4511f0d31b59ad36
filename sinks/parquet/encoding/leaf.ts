/**
 * A leaf of the schema: its levels and its values, as one column chunk stores them. Parquet.thrift and the paper on
 * Dremel (Melnik et al., 2010) define the levels.
 */
import type { ChunkValues } from './chunk-values.ts'
import type { NumberDictionary } from './number-dictionary.ts'
import type { Bounds } from './statistics.ts'

/** The values of a leaf that are there. */
interface LeafValues {
  readonly length: number
  /** The values in the form that pages need. Valid until the column changes or `numbers` is used again. */
  chunkValues(numbers: NumberDictionary): ChunkValues
  /** The smallest and the largest value. Undefined if there is no value, or if statistics must not contain them. */
  bounds(): Bounds | undefined
}

/** A leaf. It has an entry for each value, and for each place where a value is missing. */
export interface Leaf {
  readonly entries: number
  readonly column: LeafValues
  /** The level of an entry with a value. 0 when each entry must have one: no levels are stored. */
  readonly maxDefinition: number
  /** 0 when no list or map is above the leaf: no levels are stored. */
  readonly maxRepetition: number
  /** How much of the path of each entry is there. Undefined when each entry has a value. */
  readonly definitionLevels: Uint8Array | undefined
  /** The list that each entry continues: 0 begins a row. Undefined when each entry is a row. */
  readonly repetitionLevels: Uint8Array | undefined
}

/** One column of the open row group, with one leaf or more. */
export interface RowColumn {
  /** Rows so far. */
  readonly rows: number
  /** Values so far. */
  readonly length: number
  take(value: unknown, rows: number): boolean
  add(cell: unknown, rows: number): void
  padTo(rows: number): void
  dropRowAfter(rows: number): void
  clear(): void
  /** The leaves, in the order of the schema. Valid until the column changes. */
  leaves(nullable: boolean): Leaf[]
}
