/** Properties of a collector that hold for any actions of its sources, in any order. */
import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { recordsOf } from '../../lib/core/batch.ts'
import { DistributedResultCollector } from '../../lib/distributed-result-collector.ts'
import { closed } from '../helpers/leaks.ts'

type Step =
  | { readonly kind: 'write'; readonly source: number; readonly size: number | 'record' }
  | { readonly kind: 'end' | 'fail' | 'destroy'; readonly source: number }
  | { readonly kind: 'read'; readonly count: number }
  | { readonly kind: 'wait' }

interface Settings {
  readonly numSources: number
  readonly maxQueueRecords: number
  readonly batches: boolean
}

const source = fc.nat(3)
const size = fc.oneof(fc.constant('record' as const), fc.nat(6))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('write' as const), source, size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('end', 'fail', 'destroy'), source }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'wait' as const }) },
)
const steps = fc.array(step, { maxLength: 80 })
const settings: fc.Arbitrary<Settings> = fc.record({
  numSources: fc.integer({ min: 1, max: 4 }),
  maxQueueRecords: fc.integer({ min: 1, max: 12 }),
  batches: fc.boolean(),
})

/** The ways in which a stream can be read to its end. */
const READERS: Record<string, (play: Play) => void> = {
  iterating(play) {
    void (async () => {
      for await (const item of play.collector) play.receive(item)
    })().catch(() => {})
  },
  flowing(play) {
    play.collector.on('data', (item) => play.receive(item))
  },
  'on readable events'(play) {
    play.collector.on('readable', () => play.read(Infinity))
  },
  'piping into a slow stream'(play) {
    const slow = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: (_item, _encoding, callback) => void setImmediate().then(() => callback()),
    })
    // Items in the slow stream are lost when it is destroyed, so they are recorded before they enter it.
    play.collector.on('data', (item) => play.receive(item))
    pipeline(play.collector, slow).catch(() => {})
  },
}

/** A collector, its sources, and all records that were written and read. */
class Play {
  readonly collector: DistributedResultCollector
  readonly sources: readonly Writable[]
  readonly written: readonly number[][]
  readonly got: readonly number[][]
  /** How often the callback of each write was called. */
  readonly answers: number[] = []
  /** Sources that failed. */
  readonly failed: number[] = []
  /** Sources that the collector reported as failed. */
  readonly reported: unknown[] = []
  /** Settles when the collector is closed: its error, or undefined. */
  readonly outcome: Promise<unknown>
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
    this.collector = new DistributedResultCollector({ workflowId: 'w', ...settings })
    this.collector.on('sourceFailed', ({ place }) => this.reported.push(place.source))
    this.outcome = finished(this.collector).catch((error: unknown) => error)
    this.sources = [...this.collector.resultQueues.values()]
    this.written = this.sources.map(() => [])
    this.got = this.sources.map(() => [])
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'wait') await setImmediate()
    else if (step.kind === 'read') this.read(step.count)
    else this.#drive(step, step.source % this.sources.length)
    for (const { queued } of this.collector.stats.sources) {
      // The limits can be exceeded by one large chunk, and by the remaining records of a failed source.
      if (this.failed.length === 0) assert.ok(queued <= Math.max(this.#settings.maxQueueRecords, 6))
    }
  }

  read(count: number): void {
    for (let i = 0; i < count; i++) {
      const item: unknown = this.collector.read()
      if (item === null) return
      this.receive(item)
    }
  }

  receive(item: unknown): void {
    assert.equal(Array.isArray(item), this.#settings.batches)
    for (const record of recordsOf(item)) this.got[record['source'] as number]!.push(record['n'] as number)
  }

  #drive(step: Exclude<Step, { kind: 'wait' | 'read' }>, index: number): void {
    const source = this.sources[index]!
    if (source.destroyed || source.writableEnded) return
    if (step.kind === 'end') {
      source.end()
    } else if (step.kind === 'write') {
      const numbers = this.written[index]!
      const make = () => ({ source: index, n: numbers.push(numbers.length) - 1 })
      const answer = this.answers.push(0) - 1
      source.write(step.size === 'record' ? make() : Array.from({ length: step.size }, make), () => {
        this.answers[answer]! += 1
      })
    } else {
      this.failed.push(index)
      source.destroy(step.kind === 'fail' ? new Error('boom') : undefined)
    }
  }
}

for (const [way, read] of Object.entries(READERS)) {
  t.test(`delivers all written records in the order of each source, ${way}`, async () => {
    await fc.assert(
      fc.asyncProperty(settings, steps, fc.nat(80), async (settings, steps, readFrom) => {
        const play = new Play(settings)
        for (const [at, step] of steps.entries()) {
          if (at === readFrom) read(play)
          // Once the reader has started, it reads without further steps.
          if (at < readFrom || step.kind !== 'read') await play.take(step)
        }
        if (readFrom >= steps.length) read(play)
        for (const source of play.sources) if (!source.destroyed) source.end()
        const error = await play.outcome
        if (error !== undefined) assert.equal((error as { code: string }).code, 'ERR_SPILLWAY_SOURCE')
        assert.equal(error !== undefined, play.failed.length > 0)
        assert.deepEqual(play.got, play.written)
        assert.deepEqual(play.reported, play.failed)
        const { accepted, delivered, queued, queuedBytes, open } = play.collector.stats
        const total = play.written.flat().length
        assert.deepEqual(
          { accepted, delivered, queued, queuedBytes, open },
          { accepted: total, delivered: total, queued: 0, queuedBytes: 0, open: 0 },
        )
        await Promise.all([...play.sources, play.collector].map(closed))
        assert.ok(play.answers.every((count) => count === 1))
      }),
      { numRuns: 150 },
    )
  })
}

t.test('destroyed at any time, it has delivered a prefix of each source, and settles each write once', async () => {
  await fc.assert(
    fc.asyncProperty(settings, steps, fc.boolean(), async (settings, steps, withError) => {
      const play = new Play(settings)
      for (const step of steps) await play.take(step)
      play.collector.destroy(withError ? new Error('stop') : undefined)
      await Promise.all([...play.sources, play.collector].map(closed))
      play.got.forEach((numbers, index) => {
        assert.deepEqual(numbers, play.written[index]!.slice(0, numbers.length))
      })
      assert.equal(play.collector.stats.queued, 0)
      await setImmediate()
      assert.ok(play.answers.every((count) => count === 1))
    }),
  )
})

t.test('while a source has queued records, no other source is read twice', async () => {
  await fc.assert(
    fc.asyncProperty(settings, steps, async ({ batches: _, ...settings }, steps) => {
      const play = new Play({ ...settings, batches: true })
      const { collector } = play
      /** For each source, the others that were read while it had queued records. */
      const passedBy = play.sources.map(() => new Set<number>())
      for (const step of steps) {
        if (step.kind !== 'read') {
          if (step.kind !== 'write' || step.size !== 0) await play.take(step)
          continue
        }
        const waiting = collector.stats.sources.map(({ queued }) => queued > 0)
        const delivered = collector.stats.sources.map((source) => source.delivered)
        await play.take({ kind: 'read', count: 1 })
        const served = collector.stats.sources.findIndex((source, index) => source.delivered > delivered[index]!)
        passedBy.forEach((turns, index) => {
          if (!waiting[index] || index === served) {
            turns.clear()
          } else if (served !== -1) {
            assert.ok(!turns.has(served), `${served} was read twice while ${index} was waiting`)
            turns.add(served)
          }
        })
      }
      collector.destroy()
    }),
  )
})
