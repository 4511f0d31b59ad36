/**
 * The columns of one file, and how a record is distributed to them. The dotted names form a tree, which is walked
 * together with the record. So no path strings are built unless an error occurs.
 */
import { messageOf, shortText } from '../../lib/core/errors.ts'
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
} from '../values/values.ts'
import { fitsInt64, type CellMaker } from './cells.ts'
import { fileNameOf, isNullable, type Cell, type Column } from './column.ts'
import { typeText } from './column-type.ts'
import { isWhole } from './infer-columns.ts'
import { comesBack } from './inferred-types.ts'
import { columnTypeOf } from './seen-values.ts'

/** Receives the values of records, one record after another. Each value is for a column, given by its index. */
export interface RowTarget {
  /** Adds the value unchanged. Returns false when the value must be converted to a cell first. */
  take(index: number, value: unknown): boolean
  /**
   * Adds the cell of a value that {@link take} did not accept.
   *
   * @throws {RangeError} when the cell is too large
   */
  add(index: number, cell: Cell): void
  /** Whether the current record has no value for the column so far. */
  isMissing(index: number): boolean
}

/** A node in the tree of names: a column, the parent of columns, or both. */
interface Node {
  readonly key: string
  /** Its position among the children of its parent. */
  readonly position: number
  /** Index of its column. -1 for a node that is only a parent. */
  index: number
  readonly children: Map<string, Node>
  /** The children in the order of the columns. Keys in a record mostly have the same order. */
  readonly ordered: Node[]
}

/** The columns of one file. */
export class ColumnSet {
  readonly columns: readonly Column[]
  readonly #root: Node
  readonly #cellMaker: CellMaker
  readonly #int64Only: boolean
  /** Indices of the columns that every record must have. */
  readonly #required: readonly number[]
  /** Columns without a type that got one from the current record. */
  #newlyTyped: Column[] = []

  /**
   * @param columns - in file order; a column without a type gets the type of its first value
   * @param int64Only - whether an integer of more than 64 bits must be refused
   */
  constructor(columns: readonly Column[], cellMaker: CellMaker, int64Only: boolean) {
    this.columns = columns
    this.#root = buildTree(columns)
    this.#cellMaker = cellMaker
    this.#int64Only = int64Only
    this.#required = columns.flatMap((column, index) => (isNullable(column) ? [] : [index]))
  }

  /**
   * Passes the values of `record` to `target`, whose current row is empty. Returns a refusal when the record must be
   * refused. In that case `target` may already have received some values.
   */
  fill(record: unknown, target: RowTarget): Refusal | undefined {
    this.#cellMaker.begin()
    const refusal = this.#tryFill(record, target)
    if (refusal !== undefined) this.#cellMaker.undo()
    if (this.#newlyTyped.length > 0) {
      if (refusal !== undefined) for (const column of this.#newlyTyped) column.type = null
      this.#newlyTyped = []
    }
    return refusal
  }

  #tryFill(record: unknown, target: RowTarget): Refusal | undefined {
    try {
      const whole = kindOf(record) === 'custom' ? customValue(record) : record
      if (kindOf(whole) !== 'object') return findRefused(whole)
      const refusal = this.#fillObject(whole as object, this.#root, target, 0) ?? this.#missing(target)
      // A value that no file can contain takes precedence over drift: wider columns would not help.
      return refusal && (findRefused(whole) ?? this.#withHint(refusal))
    } catch (thrown) {
      return findRefused(record) ?? refuseUnreadable(thrown)
    }
  }

  /** Tells about the column that has the name of a field without one, but takes another field. */
  #withHint(refusal: Refusal): Refusal {
    const { kind, reason, field } = refusal
    if (kind !== 'drift' || field === undefined || this.columns.some(({ name }) => name === field)) return refusal
    const name = splitPath(field).join('.')
    const other = this.columns.find((column) => fileNameOf(column) === name)
    if (other === undefined) return refusal
    // Reading can nest flat fields, but it cannot flatten nested ones.
    const nesting = other.name === name ? ', or read the records with `nest: true`' : ''
    return {
      ...refusal,
      reason: `${reason}: the column \`${shortText(name)}\` takes the field \`${shortText(other.name)}\`. Name \`${shortText(field)}\` in the \`schema\`${nesting}`,
    }
  }

  #fillObject(object: object, node: Node | undefined, target: RowTarget, depth: number): Refusal | undefined {
    if (depth > MAX_DEPTH) return { kind: 'value', reason: `nested deeper than ${MAX_DEPTH} levels` }
    const ordered = node?.ordered
    let position = 0
    for (const key in object) {
      // Inside for-in, V8 compiles this check, and the read of the value, to almost no instructions
      // (`npm run bench -- parquet-search-records`).
      if (!Object.prototype.hasOwnProperty.call(object, key)) continue
      let child = ordered?.[position]
      if (child?.key !== key) child = node?.children.get(key)
      if (child !== undefined) position = child.position + 1
      const value = (object as Record<string, unknown>)[key]
      const refusal = this.#fillValue(value, child, target, depth)
      if (refusal !== undefined) return { ...refusal, field: prependKey(key, refusal.field) }
    }
    return undefined
  }

  #fillValue(value: unknown, node: Node | undefined, target: RowTarget, depth: number): Refusal | undefined {
    // Fast path: most values have the type of their column, or are objects whose fields have columns.
    if (node !== undefined && node.index >= 0 && target.take(node.index, value)) return undefined
    const kind = kindOf(value)
    switch (kind) {
      case 'nothing':
        return undefined
      case 'custom':
        return this.#fillValue(customValue(value), node, target, depth)
      case 'refused':
        return { kind: 'value', reason: `${describeRefused(value)} cannot be written` }
      case 'object':
        if (!this.#takesWhole(node) && hasKeys(value as object)) {
          return this.#fillObject(value as object, node, target, depth + 1)
        }
        break
      default:
    }
    if (node === undefined || node.index < 0) return { kind: 'drift', reason: 'the file has no column for it' }
    return this.#fillCell(value, node.index, target)
  }

  /** Whether objects are written to the column of the node as a whole, not to columns of their fields. */
  #takesWhole(node: Node | undefined): boolean {
    return node !== undefined && node.children.size === 0 && isWhole(this.columns[node.index]?.type ?? null)
  }

  #fillCell(value: unknown, index: number, target: RowTarget): Refusal | undefined {
    const column = this.columns[index] as Column
    if (column.type === null) {
      column.type = columnTypeOf(value)
      this.#newlyTyped.push(column)
    }
    const cell = this.#cellMaker.make(value, column.type)
    if (cell === undefined || (column.inferred === true && !comesBack(value, column.type))) {
      return {
        kind: 'drift',
        reason: `${describeValue(value)} does not fit its column of type ${typeText(column.type)}`,
      }
    }
    if (this.#int64Only && typeof cell === 'bigint' && !fitsInt64(cell)) {
      return { kind: 'value', reason: `the integer ${cell} does not fit 64 bits` }
    }
    try {
      target.add(index, cell)
      return undefined
    } catch (thrown) {
      return { kind: 'value', reason: messageOf(thrown) }
    }
  }

  /** The refusal for the first required column without a value in this record. */
  #missing(target: RowTarget): Refusal | undefined {
    if (this.#required.length === 0) return undefined
    const index = this.#required.find((required) => target.isMissing(required))
    if (index === undefined) return undefined
    return {
      kind: 'drift',
      reason: 'it has no value, and its column does not allow nulls',
      field: this.columns[index]?.name ?? '',
    }
  }
}

/** Whether an object has own keys. `Object.keys` would have to create an array first. */
function hasKeys(object: object): boolean {
  for (const key in object) if (Object.prototype.hasOwnProperty.call(object, key)) return true
  return false
}

function prependKey(key: string, path: string | undefined): string {
  const escaped = joinPath(undefined, key)
  return path === undefined ? escaped : `${escaped}.${path}`
}

function buildTree(columns: readonly Column[]): Node {
  const root = makeNode('', 0)
  columns.forEach(({ name }, index) => {
    let node = root
    for (const key of splitPath(name)) node = node.children.get(key) ?? addChild(node, key)
    node.index = index
  })
  return root
}

function addChild(parent: Node, key: string): Node {
  const child = makeNode(key, parent.ordered.length)
  parent.children.set(key, child)
  parent.ordered.push(child)
  return child
}

function makeNode(key: string, position: number): Node {
  return { key, position, index: -1, children: new Map(), ordered: [] }
}
