/**
 * What is wrong with a run, and what mends it.
 */
import { quoteForShell } from '../core/names.ts'
import { restartRemedy } from '../journal/reader.ts'

/**
 * What mends a problem. `repair`: `repairRun` makes the file anew, or removes it. `rerun`: a resume that runs the phase
 * again. `restart`: a copy of the run directory, or a new run.
 */
export type Remedy = 'repair' | 'rerun' | 'restart'

/** A difference between the files of a run and its journal. */
export interface RunProblem {
  /** The phase; null for a problem of the whole run. */
  readonly phase: string | null
  /** Path in the run directory, with slashes; null when the problem is not about one file. */
  readonly file: string | null
  /** The problem as text, to be read after the name of the file or phase. */
  readonly message: string
  /** What mends it. A problem of one phase is mended by `repair` or `rerun`. */
  readonly remedy: Remedy
}

/** A problem that was found, with the work that mends it where a repair can. */
export interface Finding {
  readonly problem: RunProblem
  readonly mend?: () => Promise<void>
}

/** Notes what is wrong with a file, or with a phase. A problem that `mend` cannot mend needs the phase to be run again. */
export type Report = (phase: string | null, file: string | null, message: string, mend?: () => Promise<void>) => void

/**
 * The commands that mend problems, in their order. Where none does, it is what to do otherwise.
 *
 * @param directory - that of the run
 */
export function remediesFor(directory: string, problems: readonly RunProblem[]): string[] {
  const needs = (remedy: Remedy) => problems.filter((problem) => problem.remedy === remedy)
  if (needs('restart').length > 0) return [restartRemedy(directory)]
  const path = quoteForShell(directory)
  const phases = [...new Set(needs('rerun').flatMap(({ phase }) => phase ?? []))]
  return [
    ...(needs('repair').length > 0 ? [`spillway repair ${path}`] : []),
    ...(phases.length > 0 ? [`spillway resume ${path} --accept-changes ${phases.map(quoteForShell).join(' ')}`] : []),
  ]
}

/** A problem with what it is about. */
export function problemText({ phase, file, message }: RunProblem): string {
  return `${file ?? phase ?? 'the run'}: ${message}`
}
