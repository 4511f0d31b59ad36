/**
 * Random columns and cells for property-based tests, and a file that contains them.
 */
import fc from 'fast-check'
import type { Cell, Column } from '../../../sinks/columns/column.ts'
import type { NamedType } from '../../../sinks/columns/column-type.ts'
import {
  PARQUET_COMPRESSIONS,
  codecOf,
  type ParquetCompression,
} from '../../../sinks/parquet/compression/compression.ts'
import { ParquetFileEncoder } from '../../../sinks/parquet/parquet-file-encoder.ts'

/** The content of a file. */
export interface Table {
  readonly columns: Column[]
  /** Row groups, each a list of rows of cells. */
  readonly rowGroups: Cell[][][]
  readonly compression: ParquetCompression
}

/** The codecs that this version of Node.js supports. */
export const CODEC_NAMES: readonly ParquetCompression[] = PARQUET_COMPRESSIONS.filter((name) => {
  try {
    return codecOf(name)
  } catch {
    return false
  }
})

/** Not with a byte order mark at the start, because the client of DuckDB removes it. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !value.startsWith('\ufeff')),
  fc.constantFrom('', '\0', 'a\0b', '😀', 'é', '\u{10ffff}', 'x'.repeat(64), 'x'.repeat(65), 'y'.repeat(999)),
)

/** Cells that are not null, by type. */
export const cellArbitraries = {
  boolean: fc.boolean(),
  int32: fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31))),
  int64: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, -(2n ** 31n)),
  ),
  double: fc.oneof(fc.double(), fc.constantFrom(NaN, -0, 0, Infinity, -Infinity, 5e-324, Number.MAX_VALUE)),
  date: fc.integer({ min: -100_000_000, max: 100_000_000 }).map((day) => new Date(day * 86_400_000)),
  timestamp: fc.date({ noInvalidDate: true }),
  // Whole milliseconds, which all readers show, within the range of nanoseconds.
  timestamp_micros: fc.date({ noInvalidDate: true, min: new Date('1700-01-01'), max: new Date('2250-01-01') }),
  timestamp_nanos: fc.date({ noInvalidDate: true, min: new Date('1700-01-01'), max: new Date('2250-01-01') }),
  utf8: text,
  json: fc.jsonValue().map((value) => JSON.stringify(value)),
  bytes: fc.uint8Array({ maxLength: 80 }),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint8: fc.nat(255),
  uint16: fc.nat(65_535),
  uint32: fc.nat(2 ** 32 - 1),
  uint64: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(2n ** 63n, 2n ** 64n - 1n)),
  float: fc.oneof(fc.float(), fc.constantFrom(NaN, -0, 0, Infinity)),
} as const satisfies Partial<Record<NamedType, fc.Arbitrary<Cell>>>

/** The types that all readers show in the same way. */
export const SHOWN_TYPES = Object.keys(cellArbitraries) as (keyof typeof cellArbitraries)[]

/** The type of a column, its share of nulls, and whether its values repeat. */
const shape = fc.record({
  type: fc.constantFrom(...SHOWN_TYPES),
  name: fc.string({ unit: 'grapheme', maxLength: 8 }),
  nulls: fc.constantFrom(0, 1, 10, 100),
  repeats: fc.boolean(),
  nullable: fc.boolean(),
})

/** Random tables of up to six columns and a few hundred rows. */
export const tableArbitrary: fc.Arbitrary<Table> = fc.array(shape, { minLength: 1, maxLength: 6 }).chain((shapes) => {
  const cells = shapes.map(({ type, nulls, repeats }) => {
    const value: fc.Arbitrary<Cell> = repeats
      ? fc.constantFrom(...fc.sample<Cell>(cellArbitraries[type], { seed: nulls, numRuns: 3 }))
      : cellArbitraries[type]
    return fc.oneof(
      { arbitrary: value, weight: nulls === 100 ? 0 : 10 },
      { arbitrary: fc.constant(null), weight: nulls },
    )
  })
  return fc.record({
    columns: fc.constant(
      shapes.map(({ type, name, nulls, nullable }, index) => ({
        name: `${name}.${index}`,
        type,
        nullable: nullable || nulls > 0,
      })),
    ),
    rowGroups: fc.array(fc.array(fc.tuple(...cells), { minLength: 1, maxLength: 60 }), { maxLength: 4 }),
    compression: fc.constantFrom(...CODEC_NAMES),
  })
})

/** Adds a row of cells. Adds nothing when one cell does not fit. */
export function appendRow({ rowGroup }: Pick<ParquetFileEncoder, 'rowGroup'>, cells: readonly Cell[]): void {
  try {
    cells.forEach((cell, index) => {
      if (cell !== null && !rowGroup.take(index, cell)) rowGroup.add(index, cell)
    })
    rowGroup.endRow()
  } catch (error) {
    rowGroup.dropRow()
    throw error
  }
}

/** The bytes of the open row group. */
export async function endRowGroup(encoder: ParquetFileEncoder): Promise<Buffer> {
  const pages: Uint8Array[] = []
  for await (const page of encoder.endRowGroup()) pages.push(Buffer.from(page))
  return Buffer.concat(pages)
}

/** The whole file of a table. */
export async function encodeTable({ columns, rowGroups, compression }: Table): Promise<Buffer> {
  const encoder = new ParquetFileEncoder(columns, { compression })
  const parts = [encoder.header()]
  for (const rows of rowGroups) {
    for (const row of rows) appendRow(encoder, row)
    parts.push(await endRowGroup(encoder))
  }
  parts.push(encoder.footer())
  return Buffer.concat(parts)
}
