/**
 * The process behind one step of a benchmark: it takes a task from its parent, answers once, and ends.
 */
import { performance } from 'node:perf_hooks'
import type { BenchCase, Contents, Job, Output } from './bench-case.ts'

/** Tell what the benchmark consists of, or run one contender once. */
export type ChildTask =
  | { readonly kind: 'plan'; readonly caseUrl: string; readonly records?: number }
  | { readonly kind: 'run'; readonly caseUrl: string; readonly contender: string; readonly job: Job }

/** What a benchmark consists of. */
export interface Plan {
  readonly kind: 'plan'
  readonly name: string
  readonly contenders: readonly string[]
  readonly packages: readonly string[]
  readonly records: number
  readonly expected: Contents
}

/** One run of a contender. */
export interface Measured {
  readonly kind: 'run'
  readonly elapsedMs: number
  /** The most memory the process had resident, its input included. */
  readonly peakRssBytes: number
  readonly output: Output
}

export type ChildReply = Plan | Measured | { readonly kind: 'failure'; readonly stack: string }

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
  return task.kind === 'plan' ? plan(benchCase, task.records ?? benchCase.records) : measure(benchCase, task)
}

async function plan(benchCase: BenchCase<unknown>, records: number): Promise<Plan> {
  return {
    kind: 'plan',
    name: benchCase.name,
    contenders: Object.keys(benchCase.contenders),
    packages: benchCase.packages ?? [],
    records,
    expected: contentsOf(await benchCase.expectedOutput(await benchCase.prepare(records), records)),
  }
}

async function measure(benchCase: BenchCase<unknown>, task: ChildTask & { kind: 'run' }): Promise<Measured> {
  const given = benchCase.contenders[task.contender]
  if (given === undefined) throw new Error(`${benchCase.name} has no contender ${task.contender}`)
  const contender = typeof given === 'function' ? given : await given.load()
  const input = await benchCase.prepare(task.job.records)
  const start = performance.now()
  await contender(input, task.job)
  const elapsedMs = performance.now() - start
  const peakRssBytes = process.resourceUsage().maxRSS * 1024
  return { kind: 'run', elapsedMs, peakRssBytes, output: await benchCase.readOutput(task.job.directory) }
}

/** What an expected output has beside its contents is left out: not every contender makes the same bytes. */
function contentsOf({ rows, checksum }: Contents): Contents {
  return { rows, checksum }
}
