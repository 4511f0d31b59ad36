/**
 * A row group: rows are gathered column by column while it is open, and then encoded as one column chunk behind the
 * other. Nothing in the bytes depends on where in the file they will stand.
 */
import { Scratch } from './scratch.ts'
import { SpillwayError } from '../../lib/core/errors.ts'
import type { Cell, Column } from '../columns/column.ts'
import { ColumnBuffer } from './column-buffer.ts'
import { encodeColumnChunk, type ColumnChunkInfo } from './column-chunk.ts'
import type { Codec } from './compression.ts'

/** What the footer tells of a row group. */
export interface RowGroupInfo {
  /** Where its first byte stands in the file. */
  readonly fileOffset: number
  readonly rows: number
  /** Its column chunks, in column order; each begins where the one before it ends. */
  readonly chunks: readonly ColumnChunkInfo[]
}

/** A row group that takes rows. Memory: at most twice its {@link bytes}, or those of the largest one before. */
export class OpenRowGroup {
  readonly #columns: readonly ColumnBuffer[]
  readonly #scratch = new Scratch()
  #rows = 0
  #bytes = 0

  constructor(columns: readonly Column[]) {
    this.#columns = columns.map((column) => new ColumnBuffer(column))
  }

  get rows(): number {
    return this.#rows
  }

  /** Bytes of the rows in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Adds a row. When it throws, the row group is as before.
   *
   * @param cells - one for each column, in column order; they are copied
   * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a cell does not fit its column, or a cell is missing
   */
  append(cells: readonly Cell[]): void {
    if (cells.length !== this.#columns.length) {
      const problem = `Expected a row of ${this.#columns.length} cells, one for each column, got ${cells.length}`
      throw new SpillwayError('ERR_SPILLWAY_VALUE', problem)
    }
    let appended = 0
    let bytes = 0
    try {
      for (const column of this.#columns) {
        bytes += column.append(cells[appended] as Cell)
        appended += 1
      }
    } catch (thrown) {
      for (const column of this.#columns.slice(0, appended)) column.removeLast()
      throw thrown
    }
    this.#rows += 1
    this.#bytes += bytes
  }

  /** Removes all rows; the memory is kept for the next ones. */
  clear(): void {
    for (const column of this.#columns) column.clear()
    this.#rows = 0
    this.#bytes = 0
  }

  /**
   * Encodes the rows, page by page, and returns what the footer must tell of the column chunks. No row may be added
   * meanwhile.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a page cannot be compressed
   */
  async *encode(codec: Codec): AsyncGenerator<Buffer, ColumnChunkInfo[]> {
    const chunks: ColumnChunkInfo[] = []
    for (const column of this.#columns) chunks.push(yield* encodeColumnChunk(column, codec, this.#scratch))
    return chunks
  }
}
