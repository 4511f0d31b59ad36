/**
 * A column that has no type yet: every row so far is null.
 */
import { NO_VALUES, type ChunkValues } from './chunk-values.ts'
import { ColumnBuffer } from './column-buffer.ts'
import type { Bounds } from './statistics.ts'

/** Accepts no values. */
export class NullColumn extends ColumnBuffer {
  take(): boolean {
    return false
  }

  add(): never {
    throw new TypeError('a column needs a type before its first value')
  }

  chunkValues(): ChunkValues {
    return NO_VALUES
  }

  bounds(): Bounds | undefined {
    return undefined
  }

  protected removeLastValue(): number {
    return 0
  }

  protected clearValues(): void {}
}
