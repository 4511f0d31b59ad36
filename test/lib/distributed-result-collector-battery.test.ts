import { Duplex, type Transform, type Writable } from 'node:stream'
import t from 'tap'
import type { Callback } from '../../lib/core/settle-callback.ts'
import { DistributedResultCollector } from '../../lib/distributed-result-collector.ts'
import { streamBattery } from '../helpers/stream-battery.ts'

/** A collector and its only source, as one Duplex. */
class Passage extends Duplex {
  readonly #collector: DistributedResultCollector
  readonly #source: Writable
  #wanted = false

  constructor(options: { batches: boolean; signal?: AbortSignal }) {
    super({ objectMode: true, highWaterMark: 1 })
    this.#collector = new DistributedResultCollector({
      workflowId: 'battery',
      numSources: 1,
      maxQueueRecords: 50,
      ...options,
    })
    this.#source = this.#collector.resultQueues.get(0)!
    this.#collector
      .on('readable', () => this.#handOn())
      .on('end', () => this.push(null))
      .on('error', (error) => this.destroy(error))
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    this.#source.write(chunk, callback)
  }

  override _final(callback: Callback): void {
    this.#source.end(callback)
  }

  override _read(): void {
    this.#wanted = true
    this.#handOn()
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#collector.destroy(error ?? undefined)
    callback(error)
  }

  #handOn(): void {
    if (!this.#wanted) return
    const item: unknown = this.#collector.read()
    if (item === null) return
    this.#wanted = false
    this.push(item)
  }
}

for (const batches of [false, true]) {
  t.test(`DistributedResultCollector of ${batches ? 'batches' : 'single records'}`, async (t) => {
    streamBattery(t, {
      kind: 'transform',
      make: (options) => new Passage({ batches, ...options }) as unknown as Transform,
      maxRecords: 60,
    })
  })
}
