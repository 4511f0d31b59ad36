/**
 * What was changed in a workflow since its run began, and which phases that concerns. Pure.
 */
import { isDeepStrictEqual } from 'node:util'
import { pathText, type KeyPath } from '../workflow/checks.ts'
import type { ResolvedPhase, ResolvedWorkflow } from '../workflow/types.ts'

/** A value that differs. */
interface Change {
  readonly path: string
  /** Undefined where there was none, or is none any more. */
  readonly before: unknown
  readonly after: unknown
}

/** Keys that say how a workflow is run, and not what comes out. */
const HARMLESS: readonly (keyof ResolvedWorkflow)[] = [
  'name',
  'id',
  'concurrency',
  'container_timeout_ms',
  'checkpoint_records',
  'checkpoint_ms',
]

/** All values that differ, in the order of their keys; phases are compared by their names. */
export function changesOf(before: ResolvedWorkflow, after: ResolvedWorkflow): Change[] {
  return compare(byName(before), byName(after), ['workflow'])
}

/**
 * The phases whose results may differ: those that were changed or removed, or depend on one that was, and all of them when
 * the change concerns the workflow as a whole.
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

/** `names`, and the phases that depend on one of them, at whatever remove. */
export function withDependents(names: ReadonlySet<string>, { phases }: ResolvedWorkflow): Set<string> {
  const all = new Set(names)
  for (let size = -1; size !== all.size;) {
    size = all.size
    for (const { name, depends_on } of phases) if (depends_on.some((other) => all.has(other))) all.add(name)
  }
  return all
}

/** Changes as lines: what was there, and what is there now. */
export function changesText(changes: readonly Change[]): string {
  return changes
    .flatMap(({ path, before, after }) => [
      ...(before === undefined ? [] : [`- ${path}: ${JSON.stringify(before)}`]),
      ...(after === undefined ? [] : [`+ ${path}: ${JSON.stringify(after)}`]),
    ])
    .join('\n')
}

function isSame(one: ResolvedPhase | undefined, other: ResolvedPhase | undefined): boolean {
  const weightless = (phase: ResolvedPhase | undefined) => phase && { ...phase, weight: 0 }
  return isDeepStrictEqual(weightless(one), weightless(other))
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
