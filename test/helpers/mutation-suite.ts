/**
 * The test of `mutate-run.ts`: runs of all formats, completed and interrupted in several ways, are changed at random.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Test } from 'tap'
import { Coordinator } from '../../lib/coordinator.ts'
import { SpillwayError } from '../../lib/core/errors.ts'
import { closedParts } from '../../lib/journal/closed-parts.ts'
import { readRunState } from '../../lib/journal/reader.ts'
import { inspectRun } from '../../lib/monitor/inspect-run.ts'
import { repairRun } from '../../lib/recovery/repair.ts'
import { verifyRun } from '../../lib/recovery/verify.ts'
import type { Topology } from '../../lib/workflow/topology.ts'
import type { Format } from '../../sinks/options.ts'
import { contentOf, topologiesOf, workflowOf } from './three-phase-run.ts'
import { filesOf, mutateRun, seededRandom, type Mutation } from './mutate-run.ts'

const FORMATS = ['jsonl', 'csv', 'parquet'] as const

/** How a run of the suite came to its end. `copied`: as a kill leaves it, in the middle of its last phase. */
const KINDS = ['completed', 'resumed', 'failed', 'copied'] as const
type RunKind = (typeof KINDS)[number]

const MAX_STEPS = 6

/** How long a resume may take before it counts as hanging. */
const HANG_MS = 60_000

/** A run that is changed again and again. */
interface BaseRun {
  readonly name: string
  readonly format: Format
  /** A directory with the run in it. */
  readonly directory: string
  /** By file, how many of its bytes are committed. */
  readonly committed: ReadonlyMap<string, number>
  /** Whether a resume has something to do. */
  readonly isInterrupted: boolean
  readonly expected: unknown
}

interface MutationOptions {
  /** Of the first change; each has the next one. */
  readonly seed: number
  readonly count: number
  /** @default all */
  readonly kinds?: readonly RunKind[]
}

/**
 * Changes runs at random, and fails for each change that is not found, or after which the advice does not lead to the
 * undisturbed result.
 */
export async function testMutations(t: Test, { seed, count, kinds = KINDS }: MutationOptions) {
  const root = t.testdir()
  const bases: BaseRun[] = []
  for (const format of FORMATS) for (const kind of kinds) bases.push(await baseRun(root, format, kind))
  const wrong: string[] = []
  for (let index = 0; index < count; index++) {
    const base = bases[(seed + index) % bases.length] as BaseRun
    const outputDir = join(root, 'changed')
    rmSync(outputDir, { recursive: true, force: true })
    cpSync(base.directory, outputDir, { recursive: true })
    const mutation = mutateRun(join(outputDir, 'run'), seededRandom(seed + index))
    const problem = await problemWith(base, mutation, outputDir)
    if (problem !== undefined)
      wrong.push(`seed ${seed + index}, ${base.name}: ${mutation.kind} in ${mutation.file}: ${problem}`)
  }
  t.strictSame(wrong, [], `${count} changes from seed ${seed}`)
}

/** A run as it is left by a completion, by a failure and a resume, by a failure, or by a kill. */
async function baseRun(root: string, format: Format, kind: RunKind): Promise<BaseRun> {
  const directory = join(root, `${format}-${kind}`)
  const run = join(directory, 'run')
  mkdirSync(directory)
  const execute = (topologies: Record<string, Topology>, outputDir = directory) =>
    new Coordinator({ outputDir, topologies }).executeWorkflow(workflowOf(format))
  if (kind === 'completed') await execute(topologiesOf())
  else if (kind === 'copied') {
    const original = join(root, `${format}-original`)
    await execute(
      topologiesOf(async () => {
        await quiet(join(original, 'run'))
        cpSync(join(original, 'run'), run, { recursive: true, filter: (path) => !path.includes('run.lock') })
      }),
      original,
    )
  } else {
    const failing = topologiesOf(() => {
      throw new Error('not yet')
    })
    await execute(failing).catch((error: unknown) => error)
    if (kind === 'resumed')
      await new Coordinator({ outputDir: directory, topologies: topologiesOf() }).resumeWorkflow(run)
  }
  const whole = join(root, `${format}-whole`)
  if (!existsSync(whole)) await execute(topologiesOf(), whole)
  const name = `${format}, ${kind}`
  const isInterrupted = (await statusOf(run)) !== 'completed'
  return {
    name,
    format,
    directory,
    isInterrupted,
    committed: await committedIn(run),
    expected: await contentOf(join(whole, 'run'), format),
  }
}

/** Waits until the files of a run do not change any more. */
async function quiet(run: string): Promise<void> {
  let before = ''
  for (let same = 0; same < 50;) {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    const now = filesOf(run)
      .map((file) => `${file} ${readFileSync(join(run, file)).length}`)
      .join('\n')
    same = now === before ? same + 1 : 0
    before = now
  }
}

/** By file, how many of its bytes are committed. */
async function committedIn(run: string): Promise<Map<string, number>> {
  const committed = new Map(filesOf(run).map((file) => [file, readFileSync(join(run, file)).length]))
  const state = await readRunState(run)
  if (state.ended?.status === 'completed') return committed
  let rejections = 0
  for (const phase of ['a', 's', 'b']) {
    const { commit, ended } = state.phase(phase)
    for (const file of committed.keys()) {
      const isOfLogs = file.startsWith(`journal/aggregates/${phase}/`)
      // Of the two copies of the open row group, the commit names one or none.
      if (file.startsWith(`journal/open-rows/${phase}/`)) committed.set(file, 0)
      if (ended?.status !== 'completed' && (file.startsWith(`results/${phase}/`) || isOfLogs)) committed.set(file, 0)
    }
    if (commit === undefined) continue
    if (ended?.status !== 'completed') {
      for await (const { file, bytes } of closedParts(run, phase)) committed.set(file, bytes)
      if (commit.file !== null) committed.set(commit.file, commit.offsetBytes)
      committed.set(`journal/containers/${phase}/ids.jsonl`, commit.containers.bytes)
      const { openRows } = commit
      if (openRows !== null) committed.set(`journal/open-rows/${phase}/${basename(openRows.file)}`, openRows.bytes)
    }
    const { aggregates } = commit
    rejections += commit.counts.rejected
    if (aggregates !== null) committed.set(`journal/aggregates/${phase}/${aggregates.file}`, aggregates.bytes)
  }
  // The phases run one after the other, so that the committed rejections are the first ones.
  const lines = readFileSync(join(run, 'dead-letter.jsonl'), 'latin1').split(/(?<=\n)/)
  committed.set('dead-letter.jsonl', lines.slice(0, rejections).join('').length)
  return committed
}

/** What is wrong with how a change was found and mended. */
async function problemWith(base: BaseRun, mutation: Mutation, outputDir: string): Promise<string | undefined> {
  const run = join(outputDir, 'run')
  const inspected = await inspectRun(run).catch((error: unknown) => error)
  if (inspected instanceof Error && !(inspected instanceof SpillwayError)) return `inspect: ${String(inspected)}`
  let advice: readonly string[]
  let isUnseen = false
  try {
    const { problems, remedies } = await verifyRun(run)
    advice = remedies
    isUnseen = problems.length === 0
    if (!isUnseen && remedies.length === 0) return 'no remedy'
  } catch (error) {
    if (!(error instanceof SpillwayError) || error.place.path === undefined) return `verify: ${String(error)}`
    advice = [error.message]
  }
  if (isUnseen && !isUncommitted(base, mutation)) return 'unseen'
  const steps: string[] = []
  for (let step = 0; step < MAX_STEPS; step++) {
    try {
      for (const remedy of advice) {
        steps.push(remedy)
        await obey(base, outputDir, remedy)
      }
      advice = []
      if ((await statusOf(run)) !== 'completed') await resume(outputDir, undefined)
      const { problems, remedies } = await verifyRun(run)
      if (problems.length > 0) {
        advice = remedies
        continue
      }
      const content = await contentOf(run, base.format)
      if (JSON.stringify(content) === JSON.stringify(base.expected)) return undefined
      return `another result after ${steps.join('; ')}: ${JSON.stringify(content)}`
    } catch (error) {
      if (!(error instanceof SpillwayError)) return `after ${steps.join('; ')}: ${String((error as Error).stack)}`
      advice = [error.message]
    }
  }
  return `no end of ${steps.join('; ')}`
}

/** Does what a message advises. */
async function obey({ format }: BaseRun, outputDir: string, remedy: string): Promise<void> {
  const run = join(outputDir, 'run')
  const [, phases] = /--accept-changes ((?:[asb](?: |\b))+)/.exec(remedy) ?? []
  if (remedy.includes('spillway repair')) await repairRun(run)
  if (phases !== undefined) await resume(outputDir, phases.trim().split(' '))
  else if (remedy.includes('and run the workflow again')) {
    rmSync(run, { recursive: true })
    await new Coordinator({ outputDir, topologies: topologiesOf() }).executeWorkflow(workflowOf(format))
  } else if (!remedy.includes('spillway repair')) throw new Error(`no remedy in: ${remedy}`)
}

async function resume(outputDir: string, acceptChanges: string[] | undefined): Promise<void> {
  const coordinator = new Coordinator({ outputDir, topologies: topologiesOf() })
  await coordinator.resumeWorkflow(join(outputDir, 'run'), {
    signal: AbortSignal.timeout(HANG_MS),
    ...(acceptChanges !== undefined && { acceptChanges }),
  })
}

async function statusOf(run: string): Promise<string> {
  return (await readRunState(run)).ended?.status ?? 'unfinished'
}

/** Whether a change is in bytes that no commit covers: a resume cuts them off, or makes them again. */
function isUncommitted({ committed, isInterrupted }: BaseRun, { file, before, after }: Mutation): boolean {
  if (file === lastSegment(committed)) return isTornEnd(before, after)
  const bytes = committed.get(file) ?? 0
  // Bytes after the end are uncommitted where a log, or a file of a phase that is not over, could continue.
  const canGrow = file.startsWith('journal/') || bytes < before.length || (isInterrupted && isOfLastPhase(file))
  return canGrow && firstDifference(before, after) >= bytes
}

function isOfLastPhase(file: string): boolean {
  return file.startsWith('results/b/') || file === 'dead-letter.jsonl'
}

function lastSegment(committed: ReadonlyMap<string, number>): string {
  return (
    [...committed.keys()]
      .filter((file) => /^journal\/\d+\.jsonl$/.test(file))
      .sort()
      .at(-1) ?? ''
  )
}

/** Whether the lines before the last one are those of before, and the last one has no line end, or is one of them. */
function isTornEnd(before: Buffer, after: Buffer | null): boolean {
  if (after === null) return false
  const whole = after.subarray(0, after.lastIndexOf(10) + 1)
  return whole.length > 0 && before.subarray(0, whole.length).equals(whole)
}

function firstDifference(before: Buffer, after: Buffer | null): number {
  if (after === null) return 0
  for (let at = 0; at < before.length; at++) if (before[at] !== after[at]) return at
  return before.length
}

/**
 * As {@link testMutations}, a thousand times from a random seed, which is printed. `MUTATION_SEED` and `MUTATION_COUNT`
 * repeat some of the changes: the seed of a change is in its failure.
 */
export async function testManyMutations(t: Test, kinds: readonly RunKind[]): Promise<void> {
  const { MUTATION_SEED, MUTATION_COUNT } = process.env
  const seed = MUTATION_SEED === undefined ? Math.floor(Math.random() * 1e9) : Number(MUTATION_SEED)
  t.comment(`seed ${seed}`)
  await testMutations(t, { seed, count: Number(MUTATION_COUNT ?? 1000), kinds })
}
