/**
 * Checks a workflow and fills in its defaults.
 */
import { DEFAULT_OBJECTIVE } from '../../transforms/aggregate/summary-types.ts'
import { SpillwayError } from '../core/errors.ts'
import { findProblems, pathText, type KeyPath, type Problem } from './checks.ts'
import type { ResolvedWorkflow, Workflow } from './types.ts'

/** A position in a file, counted from 1. */
export interface TextPosition {
  /** Line, from 1. */
  readonly line: number
  /** Column, from 1. */
  readonly column: number
}

/** Options of {@link resolveWorkflow}. */
export interface ResolveOptions {
  /** Names of the registered topologies. @default the topology names are not checked */
  readonly topologies?: readonly string[]
  /** The name of a workflow without one. @default 'workflow' */
  readonly defaultName?: string
  /** The file of the workflow, and the position of each key in it. @default none */
  readonly file?: {
    /** Path of the file, for messages. */
    readonly path: string
    /** Position of the value at a path of keys; undefined when it is not known. */
    positionOf(this: void, path: KeyPath): TextPosition | undefined
  }
}

/**
 * Checks a workflow and fills in its defaults. A resolved workflow is also a valid input, and the result is equal to
 * it.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` with every problem found, each with the path of its key and, for a
 *   file, with line and column
 */
export function resolveWorkflow(input: unknown, options: ResolveOptions = {}): ResolvedWorkflow {
  const root: KeyPath = isWrapped(input) ? ['workflow'] : []
  const content: unknown = isWrapped(input) ? input.workflow : input
  const problems = findProblems(content, root, options.topologies)
  if (problems.length > 0) throw workflowError(problems, options)
  const { name, id, results, objective, phases, ...settings } = content as Workflow
  return {
    name: name ?? options.defaultName ?? 'workflow',
    id: id ?? null,
    results: results ?? {},
    objective: { ...DEFAULT_OBJECTIVE, ...objective },
    concurrency: settings.concurrency ?? 1,
    container_timeout_ms: settings.container_timeout_ms ?? null,
    commit: settings.commit ?? 'records',
    checkpoint_records: settings.checkpoint_records ?? 10_000,
    checkpoint_ms: settings.checkpoint_ms ?? 1000,
    phases: phases.map((phase) => ({
      name: phase.name,
      topology: phase.topology,
      depends_on: phase.depends_on ?? [],
      inherit_from: phase.inherit_from ?? null,
      sequence: phase.sequence ?? 'single_pass',
      config: phase.config ?? {},
      weight: phase.weight ?? 1,
    })),
  }
}

/** Whether `input` is the object of a workflow file, with the key `workflow`. */
function isWrapped(input: unknown): input is { workflow: unknown } {
  return typeof input === 'object' && input !== null && Object.hasOwn(input, 'workflow')
}

/** One error for all `problems`, one per line, in the order of their positions. */
export function workflowError(problems: readonly Problem[], { file }: ResolveOptions): SpillwayError {
  const placed = problems
    .map((problem) => ({ ...problem, position: file?.positionOf(problem.path) }))
    .sort(({ position: a }, { position: b }) => (a && b ? a.line - b.line || a.column - b.column : 0))
  const lines = placed.map(({ path, message, position }) => {
    const where = file === undefined ? [] : [position ? `${file.path}:${position.line}:${position.column}` : file.path]
    return [...where, ...(path.length > 0 ? [pathText(path)] : []), message].join(': ')
  })
  const [first] = placed
  return new SpillwayError('ERR_SPILLWAY_WORKFLOW', lines.join('\n'), {
    place: {
      ...(file !== undefined && { path: file.path }),
      ...first?.position,
      ...(first !== undefined && first.path.length > 0 && { field: pathText(first.path) }),
    },
  })
}
