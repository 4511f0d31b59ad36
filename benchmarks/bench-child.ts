/**
 * The process behind one step of a benchmark: it takes a task from its parent, answers once, and ends.
 */
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { workOf, type BenchCase, type Contents, type Job, type Output } from './bench-case.ts'

/** Tell what the benchmark consists of, or run one contender once. */
export type ChildTask =
  | { readonly kind: 'plan'; readonly caseUrl: string; readonly records?: number; readonly wanted: readonly string[] }
  | { readonly kind: 'run'; readonly caseUrl: string; readonly contender: string; readonly job: Job }

/** What a contender has to do, and what it must have made. */
export interface PlannedContender {
  readonly name: string
  readonly isSubject: boolean
  readonly records: number
  readonly expected: Contents
}

/** What a benchmark consists of. */
export interface Plan {
  readonly kind: 'plan'
  readonly name: string
  readonly contenders: readonly PlannedContender[]
  readonly packages: readonly string[]
}

/** One run of a contender. */
export interface Measured {
  readonly kind: 'run'
  readonly elapsedMs: number
  /** Time within it that garbage collection held up the program. */
  readonly gcMs: number
  /** How late the event loop came to its timers, at worst. */
  readonly loopDelayMs: number
  /** The most memory the process had resident, its input included. */
  readonly peakRssBytes: number
  readonly output: Output
}

export type ChildReply = Plan | Measured | { readonly kind: 'failure'; readonly stack: string }

/** Milliseconds between two looks at the event loop. */
const LOOK_EVERY_MS = 10

process.once('message', (task: ChildTask) => void answer(task))

async function answer(task: ChildTask): Promise<void> {
  const reply = await perform(task).catch(failure)
  process.send?.(reply, () => process.disconnect())
}

function failure(error: unknown): ChildReply {
  return { kind: 'failure', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

async function perform(task: ChildTask): Promise<ChildReply> {
  const { benchCase } = (await import(task.caseUrl)) as { benchCase: BenchCase<unknown> }
  return task.kind === 'plan' ? plan(benchCase, task) : measure(benchCase, task)
}

async function plan(benchCase: BenchCase<unknown>, task: ChildTask & { kind: 'plan' }): Promise<Plan> {
  const names = Object.keys(benchCase.contenders).filter((name) => task.wanted.some((part) => name.includes(part)))
  const contenders: PlannedContender[] = []
  let common: Contents | undefined
  for (const name of names) {
    const work = workOf(benchCase, name)
    const variant = benchCase.variants?.[name]
    const records = variant?.records ?? task.records ?? benchCase.records
    const expected = variant === undefined ? (common ??= await expect(work, records)) : await expect(work, records)
    contenders.push({ name, isSubject: benchCase.subjects?.includes(name) ?? true, records, expected })
  }
  return { kind: 'plan', name: benchCase.name, contenders, packages: benchCase.packages ?? [] }
}

/** What an expected output has beside its contents is left out: not every contender makes the same bytes. */
async function expect(work: ReturnType<typeof workOf>, records: number): Promise<Contents> {
  const { rows, checksum } = await work.expectedOutput(await work.prepare(records), records)
  return { rows, checksum }
}

async function measure(benchCase: BenchCase<unknown>, task: ChildTask & { kind: 'run' }): Promise<Measured> {
  const given = benchCase.contenders[task.contender]
  if (given === undefined) throw new Error(`${benchCase.name} has no contender ${task.contender}`)
  const contender = typeof given === 'function' ? given : await given.load()
  const { prepare, readOutput } = workOf(benchCase, task.contender)
  const input = await prepare(task.job.records)
  let gcMs = 0
  const sumUp = (entries: readonly { readonly duration: number }[]) => {
    for (const { duration } of entries) gcMs += duration
  }
  const collections = new PerformanceObserver((list) => {
    sumUp(list.getEntries())
  })
  collections.observe({ entryTypes: ['gc'] })
  const loopDelay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
  loopDelay.enable()
  const start = performance.now()
  await contender(input, task.job)
  const elapsedMs = performance.now() - start
  sumUp(collections.takeRecords())
  const peakRssBytes = process.resourceUsage().maxRSS * 1024
  // A contender that never waited is noticed by the look that comes late.
  await wait(2 * LOOK_EVERY_MS)
  loopDelay.disable()
  const output = await readOutput(task.job.directory)
  const loopDelayMs = Math.max(0, loopDelay.max / 1e6 - LOOK_EVERY_MS)
  return { kind: 'run', elapsedMs, gcMs, loopDelayMs, peakRssBytes, output }
}
