/**
 * Finds the metrics of a record: every numeric leaf under its metrics path, nested ones by their dotted path.
 *
 * The tree holds the paths of the known metrics only, so its size follows their number and not the keys that records
 * bring. A walk compares each key with the one that followed its predecessor the last time; for records of one
 * shape no key is ever looked up or joined.
 */
import { joinPath, splitPath } from '../../lib/core/field-path.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import type { MetricTable } from './metric-table.ts'

/** Objects nested deeper than this are not looked into; cycles end here too. */
export const MAX_METRIC_DEPTH = 8

/** A key on the way to metrics, and the metric whose path ends there. */
class TreeNode {
  /** Dotted path; the root has none. */
  readonly path: string | undefined
  table: MetricTable | null = null
  /** Position among the children of its parent. */
  readonly position: number
  readonly keys: string[] = []
  readonly children: TreeNode[] = []
  readonly #byKey = new Map<string, TreeNode>()

  constructor(path: string | undefined, position: number) {
    this.path = path
    this.position = position
  }

  find(key: string): TreeNode | undefined {
    return this.#byKey.get(key)
  }

  /** A child for `key` that is not attached yet. */
  sprout(key: string): TreeNode {
    return new TreeNode(joinPath(this.path, key), this.children.length)
  }

  attach(key: string, child: TreeNode): void {
    this.keys.push(key)
    this.children.push(child)
    this.#byKey.set(key, child)
  }
}

/** Receives the metrics of a record. */
export interface MetricVisitor {
  /** A value of a known metric. */
  onMetric(table: MetricTable, value: number): void
  /** A value at a path that is no metric yet: its table, or null to leave it out. */
  onNewMetric(path: string): MetricTable | null
}

/** The known metrics, by path. */
export class MetricTree {
  readonly #root = new TreeNode(undefined, 0)
  /** The path to the metrics of a record: its first key, and the others. */
  readonly #firstKey: string
  readonly #otherKeys: readonly string[]

  /** @param path - dotted path of the object that has the metrics */
  constructor(path: string) {
    const [first, ...others] = splitPath(path) as [string, ...string[]]
    this.#firstKey = first
    this.#otherKeys = others
  }

  /** Makes a metric known. */
  insert(table: MetricTable): void {
    let node = this.#root
    for (const key of splitPath(table.name)) {
      let child = node.find(key)
      if (child === undefined) node.attach(key, (child = node.sprout(key)))
      node = child
    }
    node.table = table
  }

  /** Calls `visitor` with the metrics of a record. */
  walk(record: ResultRecord, visitor: MetricVisitor): void {
    let metrics: unknown = record[this.#firstKey]
    for (const key of this.#otherKeys) {
      if (typeof metrics !== 'object' || metrics === null) return
      metrics = (metrics as Record<string, unknown>)[key]
    }
    if (isNested(metrics)) walk(this.#root, metrics, visitor, 0)
  }
}

function walk(node: TreeNode, object: Record<string, unknown>, visitor: MetricVisitor, depth: number): void {
  let position = 0
  for (const key in object) {
    const value = object[key]
    const child = node.keys[position] === key ? node.children[position] : node.find(key)
    if (child === undefined) {
      if (Object.hasOwn(object, key)) discover(node, key, value, visitor, depth)
      continue
    }
    position = child.position + 1
    if (typeof value === 'number') visit(child, value, visitor)
    else if (typeof value === 'bigint') visit(child, Number(value), visitor)
    else if (depth < MAX_METRIC_DEPTH && isNested(value)) {
      walk(child, value, visitor, depth + 1)
    }
  }
}

/** Arrays and bytes are values, not objects with metrics; this is cheaper than `isRecord`. */
function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

function visit(node: TreeNode, value: number, visitor: MetricVisitor): void {
  node.table ??= visitor.onNewMetric(node.path ?? '')
  if (node.table !== null) visitor.onMetric(node.table, value)
}

/** Looks for metrics under a key that led to none so far, and attaches it only if there are some. */
function discover(node: TreeNode, key: string, value: unknown, visitor: MetricVisitor, depth: number): void {
  const isLeaf = typeof value === 'number' || typeof value === 'bigint'
  if (!isLeaf && !isNested(value)) return
  const child = node.sprout(key)
  if (isLeaf) visit(child, Number(value), visitor)
  else if (depth < MAX_METRIC_DEPTH && isNested(value)) walk(child, value, visitor, depth + 1)
  if (child.table !== null || child.children.length > 0) node.attach(key, child)
}
