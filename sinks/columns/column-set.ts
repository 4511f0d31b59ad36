/**
 * The columns of one file, and the way of a record into them: a tree of the dotted names, walked along with the
 * record, so that no path is put together while all goes well.
 */
import { describeValue } from '../../lib/core/options.ts'
import { joinPath, splitPath } from '../../lib/core/field-path.ts'
import {
  customValue,
  describeRefused,
  findRefused,
  kindOf,
  MAX_DEPTH,
  refuseUnreadable,
  type Refusal,
} from '../values.ts'
import { fitsInt64, type CellMaker } from './cells.ts'
import type { Cell, Column } from './column.ts'
import { columnTypeOf } from './infer-columns.ts'

/** A place in the tree of names: a column, the parent of columns, or both. */
interface Node {
  /** Index of its column, -1 for a mere parent. */
  index: number
  readonly children: Map<string, Node>
}

/** The columns of one file. */
export class ColumnSet {
  readonly columns: readonly Column[]
  readonly #root: Node
  readonly #cellMaker: CellMaker
  readonly #int64Only: boolean
  /** Open columns that the record at hand has given a type. */
  #decided: Column[] = []

  /**
   * @param columns - in file order; a column without a type gets that of its first value
   * @param int64Only - whether an integer of more than 64 bits must be refused
   */
  constructor(columns: readonly Column[], cellMaker: CellMaker, int64Only: boolean) {
    this.columns = columns
    this.#root = buildTree(columns)
    this.#cellMaker = cellMaker
    this.#int64Only = int64Only
  }

  /** Lays the values of `record` into `cells`, one for each column. Says why when the record must be refused. */
  fill(record: unknown, cells: Cell[]): Refusal | undefined {
    cells.fill(null)
    this.#cellMaker.begin()
    const refusal = this.#tryFill(record, cells)
    if (refusal !== undefined) this.#cellMaker.undo()
    if (this.#decided.length > 0) {
      if (refusal !== undefined) for (const column of this.#decided) column.type = null
      this.#decided = []
    }
    return refusal
  }

  #tryFill(record: unknown, cells: Cell[]): Refusal | undefined {
    try {
      const whole = kindOf(record) === 'custom' ? customValue(record) : record
      if (kindOf(whole) !== 'object') return findRefused(whole)
      const refusal = this.#fillObject(whole as object, this.#root, cells, 0)
      // A value that no file can hold weighs more than a column that does not fit: no wider columns would help.
      return refusal && (findRefused(whole) ?? refusal)
    } catch (thrown) {
      return findRefused(record) ?? refuseUnreadable(thrown)
    }
  }

  #fillObject(object: object, node: Node | undefined, cells: Cell[], depth: number): Refusal | undefined {
    if (depth > MAX_DEPTH) return { kind: 'value', reason: `nested deeper than ${MAX_DEPTH} levels` }
    for (const key of Object.keys(object)) {
      const refusal = this.#fillValue((object as Record<string, unknown>)[key], node?.children.get(key), cells, depth)
      if (refusal !== undefined) return { ...refusal, field: prependKey(key, refusal.field) }
    }
    return undefined
  }

  #fillValue(value: unknown, node: Node | undefined, cells: Cell[], depth: number): Refusal | undefined {
    const kind = kindOf(value)
    switch (kind) {
      case 'nothing':
        return undefined
      case 'custom':
        return this.#fillValue(customValue(value), node, cells, depth)
      case 'refused':
        return { kind: 'value', reason: `${describeRefused(value)} cannot be written` }
      case 'object':
        if (!this.#takesWhole(node) && Object.keys(value as object).length > 0) {
          return this.#fillObject(value as object, node, cells, depth + 1)
        }
        break
      default:
    }
    if (node === undefined || node.index < 0) return { kind: 'drift', reason: 'the file has no column for it' }
    return this.#fillCell(value, node.index, cells)
  }

  /** Whether objects go into the node's own column as JSON text, rather than into columns of their parts. */
  #takesWhole(node: Node | undefined): boolean {
    return node !== undefined && node.children.size === 0 && this.columns[node.index]?.type === 'json'
  }

  #fillCell(value: unknown, index: number, cells: Cell[]): Refusal | undefined {
    const column = this.columns[index] as Column
    if (column.type === null) {
      column.type = columnTypeOf(value)
      this.#decided.push(column)
    }
    const cell = this.#cellMaker.make(value, column.type)
    if (cell === undefined) {
      return { kind: 'drift', reason: `${describeValue(value)} does not fit its column of type ${column.type}` }
    }
    if (this.#int64Only && typeof cell === 'bigint' && !fitsInt64(cell)) {
      return { kind: 'value', reason: `the integer ${cell} does not fit 64 bits` }
    }
    cells[index] = cell
    return undefined
  }
}

function prependKey(key: string, path: string | undefined): string {
  const escaped = joinPath(undefined, key)
  return path === undefined ? escaped : `${escaped}.${path}`
}

function buildTree(columns: readonly Column[]): Node {
  const root: Node = { index: -1, children: new Map() }
  columns.forEach(({ name }, index) => {
    let node = root
    for (const key of splitPath(name)) {
      const child = node.children.get(key) ?? { index: -1, children: new Map<string, Node>() }
      node.children.set(key, child)
      node = child
    }
    node.index = index
  })
  return root
}
