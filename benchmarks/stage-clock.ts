/**
 * Measures how one stream of a pipeline spends its time. It wraps the hooks that every Node.js stream has, such as
 * `_write`, so it works with any stream.
 */
import { performance } from 'node:perf_hooks'
import { Readable, Writable, type Duplex } from 'node:stream'

/** A stream of any kind. */
export type Stage = Readable | Writable | Duplex

/**
 * The state of a stage. `busy`: in a hook, or waiting for its callback. `blocked`: the next stage does not accept its
 * output. `starved`: it waits for input.
 */
type Activity = 'busy' | 'blocked' | 'starved'

type Hook = (...args: unknown[]) => unknown

/**
 * The hooks with a callback. Of a Transform, `_transform` and `_flush` are measured, because its `_write` only calls
 * them.
 */
const WRITING_HOOKS = ['_writev', '_write', '_final', '_transform', '_flush'] as const

const defaultWrite: unknown = Reflect.get(Writable.prototype, '_write')

/** Measures the time of one stage. */
export class StageClock {
  readonly name: string
  readonly #stage: Stage
  readonly #times: Record<Activity, number> = { busy: 0, blocked: 0, starved: 0 }
  #activity: Activity = 'starved'
  readonly #now: () => number
  #since: number
  /** Hooks that have started and whose callback was not called yet. */
  #hooks = 0
  /** Records that left a readable stage, or that entered one that is only writable. */
  #records = 0

  /**
   * Starts measuring. The stage must not flow yet.
   *
   * @param now - returns the time in milliseconds
   */
  constructor(stage: Stage, name: string, now = () => performance.now()) {
    this.name = name
    this.#now = now
    this.#since = now()
    this.#stage = stage
    const hooks = stage as unknown as Record<string, Hook | null | undefined>
    const isTransform = typeof hooks['_transform'] === 'function'
    for (const hook of WRITING_HOOKS) {
      if (isTransform && hook.startsWith('_write')) continue
      if (isTransform && hook === '_final') continue
      const original = hooks[hook]
      // The default `_write` calls `_writev`, which is measured itself.
      if (typeof original === 'function' && original !== defaultWrite) hooks[hook] = this.#measured(hook, original)
    }
    if (stage instanceof Readable) this.#measureReading(stage)
  }

  /** Records that left the stage, or that entered it if it is only writable. */
  get records(): number {
    return this.#records
  }

  /** Milliseconds spent in each activity so far. */
  read(): Readonly<Record<Activity, number>> {
    this.#switchTo(this.#activity)
    return { ...this.#times }
  }

  #measured(name: string, original: Hook): Hook {
    return (...args) => {
      const callback = args.at(-1) as Hook
      if (!(this.#stage instanceof Readable)) this.#records += countWritten(name, args[0])
      this.#hooks += 1
      this.#switchTo('busy')
      let isDone = false
      const done: Hook = (...results) => {
        if (!isDone) this.#hooks -= 1
        isDone = true
        this.#runNext(() => callback(...results))
      }
      return original.call(this.#stage, ...args.slice(0, -1), done)
    }
  }

  #measureReading(stage: Readable): void {
    const push = stage.push.bind(stage)
    const read = stage._read.bind(stage)
    const isSource = !('writable' in stage)
    stage._read = (size) => {
      // On a read, a source works until it has a chunk. Other stages wait for input.
      if (this.#hooks === 0) this.#switchTo(isSource ? 'busy' : 'starved')
      read(size)
    }
    stage.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk !== null) this.#records += countRecords(chunk)
      let canPush = true
      this.#runNext(() => {
        canPush = push(chunk, encoding)
      })
      if (isSource && canPush && chunk !== null) this.#switchTo('busy')
      return canPush
    }
  }

  /** Runs code that makes the next stage work. Its time is not counted as time of this stage. */
  #runNext(work: () => unknown): void {
    this.#switchTo('blocked')
    work()
    if (this.#hooks > 0) this.#switchTo('busy')
    else this.#waitForOthers()
  }

  #waitForOthers(): void {
    const stage = this.#stage
    const isFull = stage instanceof Readable && stage.readableLength >= stage.readableHighWaterMark
    this.#switchTo(isFull ? 'blocked' : 'starved')
  }

  #switchTo(activity: Activity): void {
    const now = this.#now()
    this.#times[this.#activity] += now - this.#since
    this.#since = now
    this.#activity = activity
  }
}

function countWritten(hook: string, argument: unknown): number {
  if (hook === '_write') return countRecords(argument)
  if (hook !== '_writev') return 0
  return (argument as readonly { chunk: unknown }[]).reduce((sum, { chunk }) => sum + countRecords(chunk), 0)
}

function countRecords(chunk: unknown): number {
  if (Array.isArray(chunk)) return chunk.length
  return typeof chunk === 'object' && chunk !== null && !ArrayBuffer.isView(chunk) ? 1 : 0
}
