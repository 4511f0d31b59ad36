import { setImmediate } from 'node:timers/promises'
import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { notesOf, type Batch } from '../../../lib/core/batch.ts'
import { PhaseChain } from '../../../lib/streaming/phase-chain.ts'
import { PhaseInlet, phaseInput } from '../../../lib/streaming/phase-inlet.ts'
import { BufferingTransform } from '../../../transforms/buffering-transform.ts'

/** A sink whose callbacks the test calls. */
function makeSink(highWaterMark = 1) {
  const batches: Batch[] = []
  const callbacks: ((error?: Error) => void)[] = []
  const sink = new Writable({
    objectMode: true,
    highWaterMark,
    write(batch: Batch, _encoding, callback) {
      batches.push(batch)
      callbacks.push(callback)
    },
  })
  return { sink, batches, callbacks }
}

const by = (containerIndex: number, firstSeq: number) => ({
  count: 0,
  containerIndex,
  iteration: 0,
  attempt: 1,
  firstSeq,
})

/** Records until the input asks to wait. */
function fill(input: PhaseChain | ReturnType<typeof phaseInput>): { added: number; wait: Promise<void> | undefined } {
  for (let added = 0; added < 100_000; added += 1000) {
    const records = Array.from({ length: 1000 }, (_, n) => ({ n: added + n }))
    const wait = input.add(records, by(0, added))
    if (wait !== undefined) return { added: added + 1000, wait }
  }
  return { added: 100_000, wait: undefined }
}

t.test('the records of several containers share one batch, with segments beside it', async (t) => {
  const { sink, batches } = makeSink()
  const input = phaseInput('p', sink)
  void input.add([{ n: 1 }, { n: 2 }], by(0, 0))
  void input.add([{ n: 3 }], by(1, 0))
  void input.add([{ n: 4 }], by(0, 2))
  t.strictSame(batches, [], 'the batch waits until the event loop turns')
  t.equal(input.records, 4)
  void input.end().catch(() => {})
  await setImmediate()
  t.strictSame([...(batches[0] ?? [])], [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
  t.match(notesOf(batches[0]).segments, [
    { count: 2, containerIndex: 0, firstSeq: 0 },
    { count: 1, containerIndex: 1, firstSeq: 0 },
    { count: 1, containerIndex: 0, firstSeq: 2 },
  ])
})

t.test('records of one container are merged into one segment although its object is used again', async (t) => {
  const { sink, batches } = makeSink()
  const input = phaseInput('p', sink)
  const segment = { ...by(7, 0) }
  for (let seq = 0; seq < 5; seq++) {
    segment.firstSeq = seq
    void input.add([{ seq }], segment)
  }
  segment.firstSeq = 100
  void input.end().catch(() => {})
  await setImmediate()
  t.match(notesOf(batches[0]).segments, [{ count: 5, containerIndex: 7, firstSeq: 0 }])
})

t.test('a promise of `add` is the backpressure of the sink', async (t) => {
  const { sink, callbacks } = makeSink()
  const input = phaseInput('p', sink)
  const { added, wait } = fill(input)
  t.ok(wait, `full after ${added} records`)
  t.ok(added <= 5000)
  const drained: boolean[] = []
  void wait?.then(() => drained.push(true))
  await setImmediate()
  t.strictSame(drained, [])
  while (drained.length === 0) {
    callbacks.shift()?.()
    await setImmediate()
  }
})

t.test('a sink that fails, fails those who wait, add or end', async (t) => {
  const { sink, callbacks } = makeSink()
  const input = phaseInput('p', sink)
  const { wait } = fill(input)
  await setImmediate()
  callbacks.shift()?.(new Error('disk'))
  await t.rejects(wait as Promise<void>, { message: 'disk' })
  t.throws(() => input.add([{}], by(0, 0)), { message: 'disk' })
  await t.rejects(input.end(), { message: 'disk' })
})

t.test('the input of an inlet is the chain behind it', async (t) => {
  const { sink } = makeSink()
  const chain = new PhaseChain('p', new BufferingTransform(), [new PassThrough({ objectMode: true }), sink])
  t.equal(phaseInput('p', new PhaseInlet(chain, () => {})), chain)
})

t.test('every record comes out once, in the order of its container, with its own number', async () => {
  const run = fc.record({ container: fc.nat(3), count: fc.integer({ min: 0, max: 30 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 12 }), fc.integer({ min: 1, max: 20 }), async (runs, bufferSize) => {
      const got: unknown[] = []
      const sink = new Writable({
        objectMode: true,
        highWaterMark: 1,
        write(batch: Batch, _encoding, callback) {
          let at = 0
          for (const { count, containerIndex, firstSeq } of notesOf(batch).segments ?? []) {
            for (let i = 0; i < count; i++) got.push([containerIndex, firstSeq + i, batch[at++]?.['seq']])
          }
          setImmediate().then(() => callback(), callback)
        },
      })
      const input = new PhaseChain('p', new BufferingTransform({ bufferSize }), [sink])
      const next = [0, 0, 0, 0]
      const expected: unknown[] = []
      for (const { container, count } of runs) {
        const first = next[container] ?? 0
        const records = Array.from({ length: count }, (_, i) => ({ seq: first + i }))
        for (const { seq } of records) expected.push([container, seq, seq])
        await input.add(records, by(container, first))
        next[container] = first + count
      }
      await input.end()
      return JSON.stringify(got) === JSON.stringify(expected)
    }),
    { numRuns: 100 },
  )
})
