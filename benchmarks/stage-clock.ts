/**
 * Watches one stream of a pipeline and sums up what it spends its time on. It looks at the hooks that every Node stream
 * consists of, so it needs nothing of the stream but that it is one.
 */
import { performance } from 'node:perf_hooks'
import { Readable, Writable, type Duplex } from 'node:stream'

/** A stream of any kind. */
export type Stage = Readable | Writable | Duplex

/** What a stage is at. `busy`: in a hook, or waiting for one to call back. `blocked`: what it made is not taken. */
type Activity = 'busy' | 'blocked' | 'starved'

type Hook = (...args: unknown[]) => unknown

/** The hooks that are called back when they are done. Those of a Transform stand for its `_write`, which only passes on. */
const WRITING_HOOKS = ['_writev', '_write', '_final', '_transform', '_flush'] as const

const defaultWrite: unknown = Reflect.get(Writable.prototype, '_write')

/** Sums up the time of one stage. */
export class StageClock {
  readonly name: string
  readonly #stage: Stage
  readonly #times: Record<Activity, number> = { busy: 0, blocked: 0, starved: 0 }
  #activity: Activity = 'starved'
  readonly #now: () => number
  #since: number
  /** Hooks that have begun and not called back. */
  #hooks = 0
  /** Records that left a readable stage, or that came to one that is not. */
  #records = 0

  /**
   * Starts watching; the stage must not flow yet.
   *
   * @param now - the time in milliseconds
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
      // The default one goes on to `_writev`.
      if (typeof original === 'function' && original !== defaultWrite) hooks[hook] = this.#watched(hook, original)
    }
    if (stage instanceof Readable) this.#watchReading(stage)
  }

  /** Records that left it, or came to it where nothing leaves. */
  get records(): number {
    return this.#records
  }

  /** Milliseconds by activity until now. */
  read(): Readonly<Record<Activity, number>> {
    this.#turn(this.#activity)
    return { ...this.#times }
  }

  #watched(name: string, original: Hook): Hook {
    return (...args) => {
      const callback = args.at(-1) as Hook
      if (!(this.#stage instanceof Readable)) this.#records += countWritten(name, args[0])
      this.#hooks += 1
      this.#turn('busy')
      let isDone = false
      const done: Hook = (...results) => {
        if (!isDone) this.#hooks -= 1
        isDone = true
        this.#handOver(() => callback(...results))
      }
      return original.call(this.#stage, ...args.slice(0, -1), done)
    }
  }

  #watchReading(stage: Readable): void {
    const push = stage.push.bind(stage)
    const read = stage._read.bind(stage)
    const isSource = !('writable' in stage)
    stage._read = (size) => {
      // Asked for more: a source works until it has something, others wait for what comes in.
      if (this.#hooks === 0) this.#turn(isSource ? 'busy' : 'starved')
      read(size)
    }
    stage.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk !== null) this.#records += countRecords(chunk)
      let goesOn = true
      this.#handOver(() => {
        goesOn = push(chunk, encoding)
      })
      if (isSource && goesOn && chunk !== null) this.#turn('busy')
      return goesOn
    }
  }

  /** Does what makes the next stage work, now or later; that is not this one's time. */
  #handOver(work: () => unknown): void {
    this.#turn('blocked')
    work()
    if (this.#hooks > 0) this.#turn('busy')
    else this.#rest()
  }

  #rest(): void {
    const stage = this.#stage
    const isFull = stage instanceof Readable && stage.readableLength >= stage.readableHighWaterMark
    this.#turn(isFull ? 'blocked' : 'starved')
  }

  #turn(activity: Activity): void {
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
