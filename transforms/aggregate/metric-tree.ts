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
const MAX_METRIC_DEPTH = 8

/** Metrics there is room for in a record at first. */
const FIRST_METRICS = 16

/** A key on the way to metrics, and the metric whose path ends there. */
class TreeNode {
  /** Undefined at the root. */
  readonly key: string | undefined
  /** Dotted path; the root has none. */
  readonly path: string | undefined
  table: MetricTable | null = null
  /** The first of its children, and the one that follows it among those of its parent: in the order they turned up. */
  firstChild: TreeNode | undefined
  next: TreeNode | undefined
  #lastChild: TreeNode | undefined
  readonly #byKey = new Map<string, TreeNode>()

  constructor(key: string | undefined, path: string | undefined) {
    this.key = key
    this.path = path
  }

  find(key: string): TreeNode | undefined {
    return this.#byKey.get(key)
  }

  /** A child for `key` that is not attached yet. */
  sprout(key: string): TreeNode {
    return new TreeNode(key, joinPath(this.path, key))
  }

  attach(child: TreeNode): void {
    if (this.#lastChild === undefined) this.firstChild = child
    else this.#lastChild.next = child
    this.#lastChild = child
    this.#byKey.set(child.key as string, child)
  }
}

/** The metrics of one record, in the order of its keys; used again for the next one. */
export class FoundMetrics {
  /** How many there are. */
  count = 0
  /** By place: the value, finite or not. */
  values = new Float64Array(FIRST_METRICS)
  /** By place: the table of the metric; those beyond {@link count} are of records before. */
  readonly tables: MetricTable[] = []
  /** By place: the key, where it is one of the object that has the metrics. */
  readonly keys: (string | undefined)[] = []

  add(table: MetricTable, value: number, key: string | undefined): void {
    const place = this.count++
    if (place === this.values.length) this.#grow()
    this.values[place] = value
    this.tables[place] = table
    this.keys[place] = key
  }

  #grow(): void {
    const grown = new Float64Array(this.values.length * 2)
    grown.set(this.values)
    this.values = grown
  }
}

/** The known metrics, by path. */
export class MetricTree {
  readonly #root = new TreeNode(undefined, undefined)
  /** The path to the metrics of a record: its first key, and the others. */
  readonly #firstKey: string
  readonly #otherKeys: readonly string[]
  readonly #onNewMetric: (path: string) => MetricTable | null

  /**
   * @param path - dotted path of the object that has the metrics
   * @param onNewMetric - called for each value at a path that is no metric yet: its table, or null to leave it out
   */
  constructor(path: string, onNewMetric: (path: string) => MetricTable | null) {
    const [first, ...others] = splitPath(path) as [string, ...string[]]
    this.#firstKey = first
    this.#otherKeys = others
    this.#onNewMetric = onNewMetric
  }

  /** Makes a metric known. */
  insert(table: MetricTable): void {
    let node = this.#root
    for (const key of splitPath(table.name)) {
      let child = node.find(key)
      if (child === undefined) node.attach((child = node.sprout(key)))
      node = child
    }
    node.table = table
  }

  /** Puts the metrics of a record, each once, in place of what `found` holds. */
  findIn(record: ResultRecord, found: FoundMetrics): void {
    found.count = 0
    let metrics: unknown = record[this.#firstKey]
    for (const key of this.#otherKeys) {
      if (typeof metrics !== 'object' || metrics === null) return
      metrics = (metrics as Record<string, unknown>)[key]
    }
    if (isNested(metrics) && !findAlike(metrics, found)) this.#walk(this.#root, metrics, 0, found)
  }

  #walk(node: TreeNode, object: Record<string, unknown>, depth: number, found: FoundMetrics): void {
    let expected = node.firstChild
    for (const key in object) {
      const value = object[key]
      const child = expected?.key === key ? expected : node.find(key)
      if (child === undefined) {
        if (Object.hasOwn(object, key)) this.#discover(node, key, value, depth, found)
        continue
      }
      expected = child.next
      if (typeof value === 'number' || typeof value === 'bigint') this.#take(child, Number(value), depth, found)
      else if (depth < MAX_METRIC_DEPTH && isNested(value)) this.#walk(child, value, depth + 1, found)
    }
  }

  #take(node: TreeNode, value: number, depth: number, found: FoundMetrics): void {
    node.table ??= this.#onNewMetric(node.path ?? '')
    if (node.table !== null) found.add(node.table, value, depth === 0 ? node.key : undefined)
  }

  /** Looks for metrics under a key that led to none so far, and attaches it only if there are some. */
  #discover(node: TreeNode, key: string, value: unknown, depth: number, found: FoundMetrics): void {
    const isLeaf = typeof value === 'number' || typeof value === 'bigint'
    if (!isLeaf && !isNested(value)) return
    const child = node.sprout(key)
    if (isLeaf) this.#take(child, Number(value), depth, found)
    else if (depth < MAX_METRIC_DEPTH && isNested(value)) this.#walk(child, value, depth + 1, found)
    if (child.table !== null || child.firstChild !== undefined) node.attach(child)
  }
}

/**
 * Takes the values of an object that has the metrics of the record before, and nothing else, in the same order: of most
 * objects. Does nothing but return false for any other.
 */
function findAlike(object: Record<string, unknown>, found: FoundMetrics): boolean {
  const { keys, values } = found
  let count = 0
  for (const key in object) {
    const value = object[key]
    if (typeof value !== 'number' || keys[count] !== key) return false
    values[count++] = value
  }
  found.count = count
  return true
}

/** Arrays and bytes are values, not objects with metrics; this is cheaper than `isRecord`. */
function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
