/**
 * Compares a workflow with the workflow its run started with, and finds the phases that the changes affect. This module
 * does no input or output.
 */
import { isDeepStrictEqual } from 'node:util'
import { pathText, type KeyPath } from '../workflow/checks.ts'
import type { ResolvedPhase, ResolvedWorkflow } from '../workflow/types.ts'

/** A value that differs. */
export interface Change {
  /** Path of the key, such as `workflow.phases.search.config`. */
  readonly path: string
  /** Undefined when the value was added. */
  readonly before: unknown
  /** Undefined when the value was removed. */
  readonly after: unknown
}

/** Keys that affect how a workflow is run, but not its results. */
const HARMLESS: readonly (keyof ResolvedWorkflow)[] = [
  'name',
  'id',
  'concurrency',
  'container_timeout_ms',
  'checkpoint_records',
  'checkpoint_ms',
]

/** All values that differ, in the order of their keys. Phases are compared by name, not by position. */
export function changesOf(before: ResolvedWorkflow, after: ResolvedWorkflow): Change[] {
  return compare(byName(before), byName(after), ['workflow'])
}

/**
 * The phases whose results may differ: changed and removed phases, and phases that depend on them. A change outside the
 * phases affects all phases.
 */
export function affectedPhases(before: ResolvedWorkflow, after: ResolvedWorkflow): Set<string> {
  const names = new Set([...before.phases, ...after.phases].map(({ name }) => name))
  const whole = (workflow: ResolvedWorkflow) => {
    const rest = Object.entries(workflow).filter(
      ([key]) => key !== 'phases' && !HARMLESS.includes(key as keyof ResolvedWorkflow),
    )
    return Object.fromEntries(rest)
  }
  if (!isDeepStrictEqual(whole(before), whole(after))) return names
  const old = new Map(before.phases.map((phase) => [phase.name, phase]))
  const current = new Map(after.phases.map((phase) => [phase.name, phase]))
  const affected = new Set([...names].filter((name) => !isSame(old.get(name), current.get(name))))
  return withDependents(affected, after)
}

/** `names`, and all phases that depend on one of them, directly or indirectly. */
export function withDependents(names: ReadonlySet<string>, { phases }: ResolvedWorkflow): Set<string> {
  const all = new Set(names)
  for (let size = -1; size !== all.size;) {
    size = all.size
    for (const { name, depends_on } of phases) if (depends_on.some((other) => all.has(other))) all.add(name)
  }
  return all
}

/** Changes as lines of text: `-` with the value before, `+` with the value after. */
export function changesText(changes: readonly Change[]): string {
  return changes
    .flatMap(({ path, before, after }) => [
      ...(before === undefined ? [] : [`- ${path}: ${JSON.stringify(before)}`]),
      ...(after === undefined ? [] : [`+ ${path}: ${JSON.stringify(after)}`]),
    ])
    .join('\n')
}

function isSame(one: ResolvedPhase | undefined, other: ResolvedPhase | undefined): boolean {
  const withoutWeight = (phase: ResolvedPhase | undefined) => phase && { ...phase, weight: 0 }
  return isDeepStrictEqual(withoutWeight(one), withoutWeight(other))
}

function byName({ id: _id, phases, ...rest }: ResolvedWorkflow): unknown {
  return { ...rest, phases: Object.fromEntries(phases.map(({ name, ...phase }) => [name, phase])) }
}

function compare(before: unknown, after: unknown, path: KeyPath): Change[] {
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => compare(before[key], after[key], [...path, key]))
  }
  return isDeepStrictEqual(before, after) ? [] : [{ path: pathText(path), before, after }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
