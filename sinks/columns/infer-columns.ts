/**
 * Infers the columns of a file from records: one column for each leaf, in the order first seen. The type of a column is
 * the narrowest type that fits every value. A column with both bigints and numbers is `int64` if all numbers are safe
 * integers. Otherwise it is `double` if every bigint has an exact double. Every other mixed column is `utf8`.
 */
import { CellMaker } from './cells.ts'
import { withFileNames, type Column } from './column.ts'
import { isNestedType, type ColumnType } from './column-type.ts'
import { comesBack, type InferredTypes } from './inferred-types.ts'
import { JsonText } from '../values/json-text.ts'
import { joinPath } from '../../lib/core/field-path.ts'
import { customValue, kindOf, type ValueKind } from '../values/values.ts'
import { SeenValues } from './seen-values.ts'

/** Infers columns from records. Memory: one entry per column. The caller must bound the number of records. */
export class ColumnInference {
  readonly #seen = new Map<string, SeenValues>()
  /** Known columns of whole objects without columns for their fields. */
  readonly #wholeObjects = new Set<string>()
  readonly #cells = new CellMaker(new JsonText('null'))
  readonly #choice: InferredTypes

  /**
   * @param known - columns to start from; they keep their positions, and their types unless a value does not fit
   * @param choice - which types are inferred beside those of JavaScript values
   */
  constructor(known: readonly Column[] = [], choice: InferredTypes = {}) {
    this.#choice = choice
    for (const { name, type, inferred = false } of known) {
      this.#seen.set(name, new SeenValues(choice, type, inferred))
      if (isWhole(type) && !known.some((other) => other.name.startsWith(`${name}.`))) this.#wholeObjects.add(name)
    }
  }

  /** The columns so far. A column with only nulls has no type yet. */
  get columns(): Column[] {
    return withFileNames(
      [...this.#seen].map(([name, seen]) => {
        const { type, isChosen } = seen
        return isChosen ? { name, type, inferred: true } : { name, type }
      }),
    )
  }

  /** Number of columns so far. */
  get size(): number {
    return this.#seen.size
  }

  /** Adds one record. It must not contain refused values. */
  add(record: unknown): void {
    this.#walk(kindOf(record) === 'custom' ? customValue(record) : record, undefined)
  }

  #walk(object: unknown, path: string | undefined): void {
    for (const [key, value] of Object.entries(object as object)) {
      if (value !== undefined) this.#see(value, joinPath(path, key))
    }
  }

  #see(value: unknown, path: string): void {
    const kind = kindOf(value)
    if (kind === 'custom') this.#see(customValue(value), path)
    else if (kind === 'object' && !this.#wholeObjects.has(path) && Object.keys(value as object).length > 0) {
      this.#walk(value, path)
    } else this.#seeLeaf(value, kind, path)
  }

  #seeLeaf(value: unknown, kind: ValueKind, path: string): void {
    let seen = this.#seen.get(path)
    if (seen === undefined) {
      seen = new SeenValues(this.#choice, null)
      this.#seen.set(path, seen)
    }
    if (kind === 'nothing') return
    const { known, inferred } = seen
    const fits = known !== null && this.#cells.make(value, known) !== undefined
    if (fits && (!inferred || comesBack(value, known))) return
    seen.add(value, kind)
  }
}

/** Whether objects are written to a column of the type as a whole, not to columns of their fields. */
export function isWhole(type: ColumnType | null): boolean {
  return type === 'json' || isNestedType(type)
}

/** The given columns, extended or widened so that `record` fits. */
export function widenColumns(columns: readonly Column[], record: unknown, { lists }: InferredTypes = {}): Column[] {
  const inference = new ColumnInference(columns, lists === undefined ? {} : { lists })
  inference.add(record)
  const alone = new ColumnInference()
  alone.add(record)
  const present = new Set(alone.columns.flatMap(({ name, type }) => (type === null ? [] : [name])))
  // The given columns come first, in their order.
  return inference.columns.map((column, index) => {
    const staysRequired = columns[index]?.nullable === false && present.has(column.name)
    return staysRequired ? { ...column, nullable: false } : column
  })
}
