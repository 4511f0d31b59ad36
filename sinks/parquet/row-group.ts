/**
 * A row group. Rows are collected column by column while it is open, then encoded as one column chunk after another.
 * The bytes do not depend on their offset in the file.
 */
import { isNullable, type Cell, type Column } from '../columns/column.ts'
import type { RowTarget } from '../columns/column-set.ts'
import { isNestedType, type ColumnType } from '../columns/column-type.ts'
import { encodeColumnChunk, type ColumnChunkInfo } from './column-chunk.ts'
import type { RowGroupSize } from './encoding/column-buffer.ts'
import { createBuffer } from './encoding/create-buffer.ts'
import type { Codec } from './compression/compression.ts'
import type { RowColumn } from './encoding/leaf.ts'
import { NestedColumn } from './encoding/nested-column.ts'
import { NumberDictionary } from './encoding/number-dictionary.ts'
import { Scratch } from './compression/scratch.ts'

/**
 * A row group that collects rows, value by value. The values of a row belong to the row group after {@link endRow}.
 *
 * Memory: at most twice its {@link bytes} or those of the largest previous row group, plus the memory for encoding.
 * That is one page, and 20 bytes for each value of one column.
 */
export class OpenRowGroup implements RowTarget {
  readonly #columns: readonly Column[]
  readonly #buffers: RowColumn[]
  /** The column types that the buffers were created for. */
  readonly #types: (ColumnType | null)[]
  readonly #size: RowGroupSize = { bytes: 0 }
  readonly #scratch = new Scratch()
  readonly #compressed = new Scratch()
  readonly #numbers = new NumberDictionary()
  #rows = 0

  /** @param columns - in file order; a column without a type may get one before its first value */
  constructor(columns: readonly Column[]) {
    this.#columns = columns
    this.#types = columns.map(({ type }) => type)
    this.#buffers = columns.map((column) => createColumn(column, this.#size))
  }

  get rows(): number {
    return this.#rows
  }

  /** Bytes of the rows in memory. */
  get bytes(): number {
    return this.#size.bytes
  }

  take(index: number, value: unknown): boolean {
    return (this.#buffers[index] as RowColumn).take(value, this.#rows)
  }

  add(index: number, cell: Cell): void {
    this.#bufferFor(index).add(cell, this.#rows)
  }

  isMissing(index: number): boolean {
    return (this.#buffers[index] as RowColumn).rows <= this.#rows
  }

  /** Ends a row. Columns without a value in this row are null. */
  endRow(): void {
    this.#rows += 1
  }

  /** Removes the values of a row that was not ended. */
  dropRow(): void {
    for (const buffer of this.#buffers) buffer.dropRowAfter(this.#rows)
  }

  /** Removes all rows. The memory is reused for the next rows, except for very large buffers. */
  clear(): void {
    for (const buffer of this.#buffers) buffer.clear()
    this.#rows = 0
    this.#size.bytes = 0
  }

  /**
   * Encodes the rows, page by page, and returns the metadata of the column chunks for the footer. Yielded bytes are
   * valid until the next are requested. No row may be added meanwhile.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a page cannot be compressed
   */
  async *encode(codec: Codec): AsyncGenerator<Uint8Array, ColumnChunkInfo[]> {
    const context = { codec, scratch: this.#scratch, compressed: this.#compressed }
    const chunks: ColumnChunkInfo[] = []
    for (const [index, buffer] of this.#buffers.entries()) {
      buffer.padTo(this.#rows)
      for (const leaf of buffer.leaves(isNullable(this.#columns[index] as Column))) {
        chunks.push(yield* encodeColumnChunk(leaf, leaf.column.chunkValues(this.#numbers), context))
      }
    }
    return chunks
  }

  /**
   * The buffer of a column. The column may have got its type just now, or a different type after its first row was
   * dropped.
   */
  #bufferFor(index: number): RowColumn {
    const buffer = this.#buffers[index] as RowColumn
    const type = (this.#columns[index] as Column).type
    if (type === this.#types[index] || buffer.length > 0) return buffer
    const created = createColumn(this.#columns[index] as Column, this.#size)
    this.#size.bytes -= buffer.rows
    created.padTo(buffer.rows)
    this.#buffers[index] = created
    this.#types[index] = type
    return created
  }
}

function createColumn(column: Column, size: RowGroupSize): RowColumn {
  const { type } = column
  return isNestedType(type) ? new NestedColumn(type, isNullable(column), size) : createBuffer(type, size)
}
