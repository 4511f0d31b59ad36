/**
 * Finds the metrics of a record: every numeric leaf below its metrics path. Nested metrics have a dotted path. A record
 * with nothing there has them in its object `metrics`, or at its top level if the objective is a number there.
 *
 * The tree contains only the paths of known metrics. So its size depends on their number, not on the keys in the
 * records. A walk compares each key with the key that followed the previous one last time. For records of the same
 * shape no key is ever looked up or joined.
 */
import { joinPath, splitPath } from '../../lib/core/field-path.ts'
import type { ResolvedFieldNames, ResultRecord } from '../../lib/core/record.ts'
import type { MetricTable } from './metric-table.ts'

/** Objects nested deeper than this are ignored. This also stops at cycles. */
const MAX_METRIC_DEPTH = 8

/** Initial number of metrics in a record. */
const FIRST_METRICS = 16

/** A key on the path to metrics, and the metric whose path ends there. */
class TreeNode {
  /** Undefined at the root. */
  readonly key: string | undefined
  /** Dotted path. Undefined at the root. */
  readonly path: string | undefined
  table: MetricTable | null = null
  /** The first child, and the next sibling, in the order of their first occurrence. */
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

  /** Creates a child for `key` without attaching it. */
  createChild(key: string): TreeNode {
    return new TreeNode(key, joinPath(this.path, key))
  }

  attach(child: TreeNode): void {
    if (this.#lastChild === undefined) this.firstChild = child
    else this.#lastChild.next = child
    this.#lastChild = child
    this.#byKey.set(child.key as string, child)
  }
}

/** The metrics of one record, in the order of its keys. The object is reused for the next record. */
export class FoundMetrics {
  /** Number of metrics. */
  count = 0
  /** By position: the value, finite or not. */
  values = new Float64Array(FIRST_METRICS)
  /** By position: the table of the metric. Entries beyond {@link count} belong to earlier records. */
  readonly tables: MetricTable[] = []
  /** By position: the key, if it is a direct key of the metrics object. */
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
  /** The path to the metrics of a record: its first key, and the other keys. */
  readonly #firstKey: string
  readonly #otherKeys: readonly string[]
  /** The key of the objective at the top level of a record. Undefined for a nested metric. */
  readonly #objectiveKey: string | undefined
  /** Keys at the top level of a record that are never metrics. */
  readonly #reserved: readonly string[]
  readonly #onNewMetric: (path: string) => MetricTable | null

  /**
   * @param fields - names of the fields of a record; `metrics` is the path of the object with the metrics
   * @param objective - name of the metric by which records are ranked
   * @param onNewMetric - called for each value at a path that is not a metric yet; returns its table, or null to ignore
   *   it
   */
  constructor(
    { metrics, phase, container, timestamp }: ResolvedFieldNames,
    objective: string,
    onNewMetric: (path: string) => MetricTable | null,
  ) {
    const [first, ...others] = splitPath(metrics) as [string, ...string[]]
    const [objectiveKey, ...below] = splitPath(objective)
    this.#firstKey = first
    this.#otherKeys = others
    this.#objectiveKey = below.length === 0 ? objectiveKey : undefined
    this.#reserved = [phase, container, timestamp]
    this.#onNewMetric = onNewMetric
  }

  /** Adds a metric. */
  insert(table: MetricTable): void {
    let node = this.#root
    for (const key of splitPath(table.name)) {
      let child = node.find(key)
      if (child === undefined) node.attach((child = node.createChild(key)))
      node = child
    }
    node.table = table
  }

  /** Finds the metrics of a record, each once, and replaces the contents of `found` with them. */
  findIn(record: ResultRecord, found: FoundMetrics): void {
    found.count = 0
    let metrics: unknown = record[this.#firstKey]
    for (const key of this.#otherKeys) {
      if (typeof metrics !== 'object' || metrics === null) break
      metrics = (metrics as Record<string, unknown>)[key]
    }
    if (!isNested(metrics)) metrics = this.#metricsElsewhere(record)
    if (isNested(metrics) && !findSameShape(metrics, found)) this.#walk(this.#root, metrics, 0, found)
  }

  /** The metrics of a record that has none at the path. */
  #metricsElsewhere(record: ResultRecord): Record<string, unknown> | undefined {
    const object = record['metrics']
    if (isNested(object)) return object
    if (this.#objectiveKey === undefined || !isNumber(record[this.#objectiveKey])) return undefined
    const metrics = Object.create(null) as Record<string, unknown>
    for (const key of Object.keys(record)) {
      if (isNumber(record[key]) && !this.#reserved.includes(key)) metrics[key] = record[key]
    }
    return metrics
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

  /** Searches for metrics below a key that had none so far. Attaches the key only if there are some. */
  #discover(node: TreeNode, key: string, value: unknown, depth: number, found: FoundMetrics): void {
    const isLeaf = typeof value === 'number' || typeof value === 'bigint'
    if (!isLeaf && !isNested(value)) return
    const child = node.createChild(key)
    if (isLeaf) this.#take(child, Number(value), depth, found)
    else if (depth < MAX_METRIC_DEPTH && isNested(value)) this.#walk(child, value, depth + 1, found)
    if (child.table !== null || child.firstChild !== undefined) node.attach(child)
  }
}

/**
 * Takes the values of an object that has exactly the same metrics as the previous record, in the same order. Most
 * objects do. Returns false for any other object.
 */
function findSameShape(object: Record<string, unknown>, found: FoundMetrics): boolean {
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

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

/**
 * Whether the value is an object that may contain metrics. Arrays and bytes are values. This is faster than `isRecord`.
 */
function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
