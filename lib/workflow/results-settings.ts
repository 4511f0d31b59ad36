/**
 * The `results` of a workflow: the options of a ResultStreamer that are plain data, in the snake case of a workflow
 * file.
 */
import type { Checks } from '../core/options.ts'
import { resolveResultStreamerOptions, resultStreamerChecks, type ResultStreamerOptions } from '../streaming/options.ts'

/** The options that a workflow may set in `results`. The directory and the objective of the run are set elsewhere. */
const NAMES = [
  'format',
  'compression',
  'bufferSize',
  'maxBytes',
  'maxAgeMs',
  'partMaxBytes',
  'partMaxRows',
  'partMaxAgeMs',
  'inferRows',
  'inferBytes',
  'lists',
  'onDrift',
  'maxRotations',
  'nonFinite',
  'rowGroupRows',
  'rowGroupBytes',
  'fields',
  'topCount',
  'maxContainers',
  'maxMetrics',
] as const satisfies readonly (keyof ResultStreamerOptions)[]

type Name = (typeof NAMES)[number]

type SnakeCase<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Text

/** The `results` of a workflow: options of `ResultStreamer`, in snake case, such as `format` and `buffer_size`. */
export type ResultsSettings = { readonly [Key in Name as SnakeCase<Key>]?: ResultStreamerOptions[Key] }

/** Checks of {@link ResultsSettings}. */
export const resultsChecks = Object.fromEntries(
  NAMES.map((name) => [snakeCase(name), resultStreamerChecks[name]]),
) as Checks<ResultsSettings>

/** The settings as options of a ResultStreamer. */
export function streamerOptionsOf(settings: ResultsSettings): Pick<ResultStreamerOptions, Name> {
  const values = settings as Readonly<Record<string, unknown>>
  const given = NAMES.filter((name) => (values[snakeCase(name)] ?? undefined) !== undefined)
  return Object.fromEntries(given.map((name) => [name, values[snakeCase(name)]]))
}

/**
 * Checks that valid settings do not contradict each other.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function expectAgreement(settings: ResultsSettings): void {
  // Nothing is created: the id and the directory are those of no run.
  resolveResultStreamerOptions({ ...streamerOptionsOf(settings), workflowId: 'workflow', outputDir: '.' })
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
