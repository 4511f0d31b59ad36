/**
 * Finds all problems of a workflow, each with the path of its key. The functions are pure: they read no file and throw
 * no error.
 */
import { messageOf } from '../core/errors.ts'
import { NameRegistry, encodeName } from '../core/names.ts'
import {
  describeValue,
  integerFrom,
  knownHint,
  oneOf,
  plainObject,
  text,
  type Check,
  type Checks,
} from '../core/options.ts'
import { MAX_TIMER_MS } from '../core/timers.ts'
import type { Objective } from '../../transforms/aggregate/summary-types.ts'
import { findCycle, upstreamOf } from './phase-order.ts'
import { expectAgreement, resultsChecks, type ResultsSettings } from './results-settings.ts'
import { COMMIT_UNITS, SEQUENCES, type Workflow, type WorkflowPhase } from './types.ts'

/** The path to a value: keys of objects, and indices of lists counted from 0. */
export type KeyPath = readonly (string | number)[]

/** A problem of a workflow. */
export interface Problem {
  /** The path to the key or value with the problem. */
  readonly path: KeyPath
  /** The problem and its remedy. It begins in lower case, because it is printed after the path. */
  readonly message: string
}

type Report = (path: KeyPath, message: string) => void

const listOfNames: Check = {
  expected: 'a list of phase names',
  accepts: (value) => Array.isArray(value) && value.every(text.accepts),
}
const phaseList: Check = {
  expected: 'a list of at least one phase',
  accepts: (value) => Array.isArray(value) && value.length > 0,
}
const resultsOrFalse: Check = {
  expected: 'an object, or false to write no results',
  accepts: (value) => value === false || plainObject.accepts(value),
}
const weight: Check = {
  expected: 'a number above 0',
  accepts: (value) => typeof value === 'number' && value > 0 && value < Infinity,
}

const timerMs: Check = {
  expected: `a number of milliseconds from 1 to ${MAX_TIMER_MS}`,
  accepts: (value) => typeof value === 'number' && value >= 1 && value <= MAX_TIMER_MS,
}

const workflowChecks: Checks<Workflow> = {
  name: text,
  id: text,
  results: resultsOrFalse,
  objective: plainObject,
  concurrency: integerFrom(1),
  container_timeout_ms: timerMs,
  commit: oneOf(COMMIT_UNITS),
  checkpoint_records: integerFrom(1),
  checkpoint_ms: timerMs,
  phases: phaseList,
}
const phaseChecks: Checks<WorkflowPhase> = {
  name: text,
  topology: text,
  depends_on: listOfNames,
  inherit_from: text,
  sequence: oneOf(SEQUENCES),
  config: plainObject,
  weight,
}
const objectiveChecks: Checks<Objective> = { metric: text, direction: oneOf(['max', 'min']) }

/**
 * All problems of a workflow, in the order of its keys. Empty for a valid workflow.
 *
 * @param root - the path to the workflow
 * @param topologies - names of the registered topologies; undefined if they are not known yet
 */
export function findProblems(workflow: unknown, root: KeyPath, topologies?: readonly string[]): Problem[] {
  const problems: Problem[] = []
  const report: Report = (path, message) => void problems.push({ path, message })
  const { name, id, results, objective, phases } = checkObject<Workflow>(
    workflow,
    root,
    workflowChecks,
    ['phases'],
    report,
  )
  checkName(name, 'workflow', [...root, 'name'], report)
  checkName(id, 'workflow id', [...root, 'id'], report)
  if (plainObject.accepts(results)) checkResults(results, [...root, 'results'], report)
  if (plainObject.accepts(objective))
    checkObject(objective, [...root, 'objective'], objectiveChecks, ['metric'], report)
  if (phaseList.accepts(phases)) checkPhases(phases as readonly unknown[], [...root, 'phases'], topologies, report)
  return problems
}

/** A path as text: `workflow.phases[1].name`. */
export function pathText(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const shown = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
    return text === '' ? shown : `${text}.${shown}`
  }, '')
}

/** Checks the keys and values of an object and returns it. Returns an empty object if `value` is not an object. */
function checkObject<Content extends object>(
  value: unknown,
  path: KeyPath,
  checks: Checks<Content>,
  required: readonly (keyof Content & string)[],
  report: Report,
): { readonly [Key in keyof Content]?: unknown } {
  if (!plainObject.accepts(value)) {
    report(path, `expected an object with the keys ${Object.keys(checks).join(', ')}, got ${describeValue(value)}`)
    return {}
  }
  const content = value as Record<string, unknown>
  for (const [key, item] of Object.entries(content)) {
    if (!Object.hasOwn(checks, key)) {
      report([...path, key], `unknown key. ${knownHint(key, Object.keys(checks))}`)
      continue
    }
    const check = checks[key as keyof Content]
    if (item === null || item === undefined || check.accepts(item)) continue
    report([...path, key], `expected ${check.expected}, got ${describeValue(item)}`)
  }
  for (const key of required) {
    const item = Object.hasOwn(content, key) ? content[key] : undefined
    if (item === null || item === undefined)
      report(path, `the key \`${key}\` is missing: expected ${checks[key].expected}`)
  }
  return content
}

/** Reports a name that cannot be used as a directory name. */
function checkName(name: unknown, what: string, path: KeyPath, report: Report): void {
  if (text.accepts(name)) reportThrown(report, path, () => encodeName(name as string, what))
}

/** Checks each setting, and then whether they contradict each other. */
function checkResults(results: unknown, path: KeyPath, report: Report): void {
  let isValid = true
  const reportResults: Report = (at, message) => {
    isValid = false
    report(at, message)
  }
  checkObject<ResultsSettings>(results, path, resultsChecks, [], reportResults)
  if (isValid) reportThrown(report, path, () => expectAgreement(results as ResultsSettings))
}

function checkPhases(
  entries: readonly unknown[],
  path: KeyPath,
  topologies: readonly string[] | undefined,
  report: Report,
): void {
  const phases = entries.map((entry, index) =>
    checkObject<WorkflowPhase>(entry, [...path, index], phaseChecks, ['name', 'topology'], report),
  )
  const registry = new NameRegistry('phase')
  const places = new Map<string, number>()
  for (const [index, { name, topology, config }] of phases.entries()) {
    if (typeof name === 'string' && name !== '') {
      const earlier = places.get(name)
      if (earlier !== undefined) {
        report(
          [...path, index, 'name'],
          `the name \`${name}\` is used by ${pathText([...path, earlier])}: each phase needs a unique name`,
        )
      } else {
        places.set(name, index)
        reportThrown(report, [...path, index, 'name'], () => registry.claim(name))
      }
    }
    if (typeof topology === 'string' && topologies?.includes(topology) === false) {
      report(
        [...path, index, 'topology'],
        `no topology is registered as \`${topology}\`. ${knownHint(topology, topologies)}`,
      )
    }
    if (plainObject.accepts(config)) findNonData(config, [...path, index, 'config'], report)
  }
  checkDependencies(phases, places, path, report)
}

type CheckedPhase = { readonly [Key in keyof WorkflowPhase]?: unknown }

function checkDependencies(
  phases: readonly CheckedPhase[],
  places: ReadonlyMap<string, number>,
  path: KeyPath,
  report: Report,
): void {
  const known = [...places.keys()]
  const graph = phases.map(({ name, depends_on }, index) => ({
    name: String(name),
    depends_on: (listOfNames.accepts(depends_on) ? (depends_on as readonly string[]) : []).filter(
      (dependency, place) => {
        const problem = dependency === name ? 'a phase cannot depend on itself' : unknownPhase(dependency, known)
        if (problem !== undefined) report([...path, index, 'depends_on', place], problem)
        return problem === undefined
      },
    ),
  }))
  if (graph.length > places.size) return
  const cycle = findCycle(graph)
  if (cycle !== undefined) {
    const place = places.get(cycle[0] as string) as number
    report([...path, place, 'depends_on'], `the phases depend on each other in a cycle: ${cycle.join(' -> ')}`)
    return
  }
  for (const [index, { name, inherit_from, config }] of phases.entries()) {
    const dependencies = graph[index]?.depends_on ?? []
    const filled = dependencies.map((dependency) => `${dependency}_results`)
    if (typeof inherit_from === 'string' && inherit_from !== '') {
      filled.push('inherited_data')
      const upstream = upstreamOf(graph, String(name))
      if (!upstream.has(inherit_from)) {
        const hint = unknownPhase(inherit_from, known) ?? `it is not upstream: add it to \`depends_on\``
        report([...path, index, 'inherit_from'], `cannot inherit from \`${inherit_from}\`: ${hint}`)
      }
    }
    if (!plainObject.accepts(config)) continue
    for (const key of filled) {
      if (!Object.hasOwn(config as object, key)) continue
      report([...path, index, 'config', key], 'this key is filled in from an upstream phase: choose another name')
    }
  }
}

function unknownPhase(name: string, known: readonly string[]): string | undefined {
  return known.includes(name) ? undefined : `there is no phase \`${name}\`. ${knownHint(name, known)}`
}

/** Reports a value that is not plain data, because it cannot be stored with the run or sent to another machine. */
function findNonData(value: unknown, path: KeyPath, report: Report, ancestors: readonly unknown[] = []): void {
  if (Array.isArray(value) || plainObject.accepts(value)) {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (ancestors.includes(value)) report(path, 'it contains itself')
    else if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
      report(path, `expected plain data, got ${describeValue(value)}`)
    } else {
      const below = [...ancestors, value]
      for (const [key, item] of Object.entries(value as object)) {
        findNonData(item, [...path, Array.isArray(value) ? Number(key) : key], report, below)
      }
    }
    return
  }
  const isData = value === null || value === undefined || ['string', 'boolean'].includes(typeof value)
  if (!isData && !Number.isFinite(value)) report(path, `expected plain data, got ${describeValue(value)}`)
}

/** Reports what `check` throws. */
function reportThrown(report: Report, path: KeyPath, check: () => unknown): void {
  try {
    check()
  } catch (error) {
    report(path, messageOf(error))
  }
}
