/**
 * The process of one step of a benchmark. It receives a task from its parent, replies once, and ends.
 */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { isSameWork, recordsOf, workOf, type BenchCase, type Contents, type Output, type Work } from './bench-case.ts'
import { peakRssBytes } from './peak-memory.ts'

interface Task {
  readonly caseUrl: string
  /** An empty directory for all files of the task. */
  readonly directory: string
}

/** `plan`: list the contenders and their expected outputs. `run`: run one contender once. */
export type ChildTask =
  | (Task & { readonly kind: 'plan'; readonly records?: number; readonly wanted: readonly string[] })
  | (Task & { readonly kind: 'run'; readonly contender: string; readonly records: number })

/** A contender of a plan, with its expected output. */
export interface PlannedContender {
  readonly name: string
  readonly isSubject: boolean
  readonly records: number
  readonly expected: Contents
}

/** The contenders of a benchmark that were selected. */
interface Plan {
  readonly kind: 'plan'
  readonly name: string
  readonly contenders: readonly PlannedContender[]
  readonly packages: readonly string[]
}

/** The measurements of one run of a contender. */
export interface Measured {
  readonly kind: 'run'
  readonly elapsedMs: number
  /** The part of it that was spent in garbage collection. */
  readonly gcMs: number
  /** Maximum delay of the event loop. */
  readonly loopDelayMs: number
  /** Peak resident memory of the process, including the input. */
  readonly peakRssBytes: number
  readonly output: Output
}

export type ChildReply = Plan | Measured | { readonly kind: 'failure'; readonly stack: string }

/** Interval at which the delay of the event loop is sampled. */
const SAMPLE_INTERVAL_MS = 10

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
  const expectations: Expectation[] = []
  for (const name of names) {
    const work = workOf(benchCase, name)
    const records = recordsOf(benchCase, name, task.records)
    let expectation = expectations.find((known) => known.records === records && isSameWork(known.work, work))
    if (expectation === undefined) {
      expectation = { work, records, expected: await expect(work, records, task.directory) }
      expectations.push(expectation)
    }
    const { expected } = expectation
    contenders.push({ name, isSubject: benchCase.subjects?.includes(name) ?? true, records, expected })
  }
  return { kind: 'plan', name: benchCase.name, contenders, packages: benchCase.packages ?? [] }
}

interface Expectation {
  readonly work: Work<unknown>
  readonly records: number
  readonly expected: Contents
}

/** Only the contents of the expected output: its size may differ between contenders. */
async function expect(work: Work<unknown>, records: number, directory: string): Promise<Contents> {
  const input = await work.prepare(records, await mkdtemp(join(directory, 'input-')))
  const { rows, checksum } = await work.expectedOutput(input, records)
  return { rows, checksum }
}

async function measure(benchCase: BenchCase<unknown>, task: ChildTask & { kind: 'run' }): Promise<Measured> {
  const given = benchCase.contenders[task.contender]
  if (given === undefined) throw new Error(`${benchCase.name} has no contender ${task.contender}`)
  const contender = typeof given === 'function' ? given : await given.load()
  const { prepare, readOutput } = workOf(benchCase, task.contender)
  const input = await prepare(task.records, await mkdtemp(join(task.directory, 'input-')))
  const job = { records: task.records, directory: await mkdtemp(join(task.directory, 'output-')) }
  let gcMs = 0
  const sumUp = (entries: readonly { readonly duration: number }[]) => {
    for (const { duration } of entries) gcMs += duration
  }
  const collections = new PerformanceObserver((list) => {
    sumUp(list.getEntries())
  })
  collections.observe({ entryTypes: ['gc'] })
  const loopDelay = monitorEventLoopDelay({ resolution: SAMPLE_INTERVAL_MS })
  loopDelay.enable()
  const start = performance.now()
  await contender(input, job)
  const elapsedMs = performance.now() - start
  sumUp(collections.takeRecords())
  const peak = peakRssBytes()
  // The next sample after a contender that blocked the event loop shows its delay.
  await wait(2 * SAMPLE_INTERVAL_MS)
  loopDelay.disable()
  const output = await readOutput(job.directory)
  const loopDelayMs = Math.max(0, loopDelay.max / 1e6 - SAMPLE_INTERVAL_MS)
  return { kind: 'run', elapsedMs, gcMs, loopDelayMs, peakRssBytes: peak, output }
}
