/**
 * A column of lists, structs or maps in the open row group. Each cell is divided among the leaves of its type.
 */
import type { Cell } from '../../columns/column.ts'
import { fieldOf, isNestedType, type ColumnType, type FieldType, type NestedType } from '../../columns/column-type.ts'
import { grownCapacity } from './capacity.ts'
import type { ColumnBuffer, RowGroupSize } from './column-buffer.ts'
import { createBuffer } from './create-buffer.ts'
import type { Leaf, RowColumn } from './leaf.ts'

/** A place in the type: it writes the cells of that place to the leaves below it. */
interface Place {
  /** The definition level where the place itself is missing. */
  readonly missing: number
  readonly leaves: readonly LeafBuffer[]
  /** Writes a cell that is not null. */
  write(cell: Cell, repetition: number): void
}

/** Collects lists, structs or maps. Memory: that of its leaves, and two bytes for each of their entries. */
export class NestedColumn implements RowColumn {
  readonly #place: Place
  #rows = 0

  constructor(type: NestedType, nullable: boolean, size: RowGroupSize) {
    this.#place = placeOf(type, nullable, 0, 0, size)
  }

  get rows(): number {
    return this.#rows
  }

  get length(): number {
    return this.#rows
  }

  /** Always false: values must be converted to cells first. */
  take(): boolean {
    return false
  }

  add(cell: unknown, rows: number): void {
    this.padTo(rows)
    for (const leaf of this.#place.leaves) leaf.beginRow()
    try {
      this.#place.write(cell as Cell, 0)
    } catch (error) {
      for (const leaf of this.#place.leaves) leaf.dropRow()
      throw error
    }
    this.#rows += 1
  }

  padTo(rows: number): void {
    for (; this.#rows < rows; this.#rows++) writeMissing(this.#place, 0, this.#place.missing)
  }

  dropRowAfter(rows: number): void {
    if (this.#rows <= rows) return
    this.#rows -= 1
    for (const leaf of this.#place.leaves) leaf.dropRow()
  }

  clear(): void {
    this.#rows = 0
    for (const leaf of this.#place.leaves) leaf.clear()
  }

  leaves(): Leaf[] {
    return this.#place.leaves.map((leaf) => leaf.snapshot())
  }
}

/**
 * @param definition - the level where everything above the place is there
 * @param repetition - the number of lists and maps above the place
 */
function placeOf(
  type: ColumnType,
  nullable: boolean,
  definition: number,
  repetition: number,
  size: RowGroupSize,
): Place {
  const present = definition + (nullable ? 1 : 0)
  if (!isNestedType(type)) {
    const leaf = new LeafBuffer(createBuffer(type, size), present, repetition, size)
    return { missing: definition, leaves: [leaf], write: (cell, at) => leaf.add(cell, at) }
  }
  if ('struct' in type) {
    const fields = Object.values(type.struct).map((field) => fieldPlace(field, present, repetition, size))
    return {
      missing: definition,
      leaves: fields.flatMap(({ leaves }) => leaves),
      write: (cell, at) => fields.forEach((field, index) => writeCell(field, (cell as Cell[])[index] ?? null, at)),
    }
  }
  const inside = 'list' in type ? [type.list] : [{ type: type.map.key, nullable: false }, type.map.value]
  const items = inside.map((field) => fieldPlace(field, present + 1, repetition + 1, size))
  const leaves = items.flatMap((item) => item.leaves)
  const [item] = items as [Place]
  const isList = 'list' in type
  const write = (cell: Cell, at: number) => {
    const cells = cell as readonly Cell[]
    if (cells.length === 0) for (const leaf of leaves) leaf.addMissing(at, present)
    cells.forEach((one, index) => {
      const level = index === 0 ? at : repetition + 1
      if (isList) writeCell(item, one, level)
      else items.forEach((part, side) => writeCell(part, (one as Cell[])[side] ?? null, level))
    })
  }
  return { missing: definition, leaves, write }
}

function fieldPlace(field: FieldType, definition: number, repetition: number, size: RowGroupSize): Place {
  const { type, nullable } = fieldOf(field)
  return placeOf(type, nullable, definition, repetition, size)
}

function writeCell(place: Place, cell: Cell, repetition: number): void {
  if (cell === null) writeMissing(place, repetition, place.missing)
  else place.write(cell, repetition)
}

function writeMissing({ leaves }: Place, repetition: number, definition: number): void {
  for (const leaf of leaves) leaf.addMissing(repetition, definition)
}

/** The entries of one leaf. */
class LeafBuffer {
  readonly #column: ColumnBuffer
  readonly #maxDefinition: number
  readonly #maxRepetition: number
  readonly #size: RowGroupSize
  #definition = new Uint8Array(0)
  #repetition = new Uint8Array(0)
  #entries = 0
  /** Entries and values before the last row. */
  #entriesBefore = 0
  #valuesBefore = 0

  constructor(column: ColumnBuffer, maxDefinition: number, maxRepetition: number, size: RowGroupSize) {
    this.#column = column
    this.#maxDefinition = maxDefinition
    this.#maxRepetition = maxRepetition
    this.#size = size
  }

  beginRow(): void {
    this.#entriesBefore = this.#entries
    this.#valuesBefore = this.#column.length
  }

  dropRow(): void {
    this.#size.bytes -= 2 * (this.#entries - this.#entriesBefore)
    this.#entries = this.#entriesBefore
    while (this.#column.length > this.#valuesBefore) this.#column.dropRowAfter(this.#column.rows - 1)
  }

  add(cell: Cell, repetition: number): void {
    const { length } = this.#column
    if (!this.#column.take(cell, length)) this.#column.add(cell, length)
    this.#addEntry(repetition, this.#maxDefinition)
  }

  addMissing(repetition: number, definition: number): void {
    this.#addEntry(repetition, definition)
  }

  clear(): void {
    this.#entries = 0
    this.#column.clear()
  }

  snapshot(): Leaf {
    const entries = this.#entries
    return {
      entries,
      column: this.#column,
      maxDefinition: this.#maxDefinition,
      maxRepetition: this.#maxRepetition,
      definitionLevels: this.#definition.subarray(0, entries),
      repetitionLevels: this.#maxRepetition === 0 ? undefined : this.#repetition.subarray(0, entries),
    }
  }

  #addEntry(repetition: number, definition: number): void {
    if (this.#entries === this.#definition.length) {
      const capacity = grownCapacity(this.#entries, this.#entries + 1)
      this.#definition = grow(this.#definition, capacity)
      this.#repetition = grow(this.#repetition, capacity)
    }
    this.#definition[this.#entries] = definition
    this.#repetition[this.#entries] = repetition
    this.#entries += 1
    this.#size.bytes += 2
  }
}

function grow(levels: Uint8Array<ArrayBuffer>, capacity: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(capacity)
  grown.set(levels)
  return grown
}
