import { PassThrough, Transform, Writable } from 'node:stream'
import t from 'tap'
import { notesOf, recordsOf } from '../../../lib/core/batch.ts'
import { Marker } from '../../../lib/core/marker.ts'
import { PhaseChain } from '../../../lib/streaming/phase-chain.ts'
import { BufferingTransform } from '../../../transforms/buffering-transform.ts'

function makePass(): Transform {
  return new PassThrough({ objectMode: true })
}

function makeBuffer(bufferSize = 1000): BufferingTransform {
  return new BufferingTransform({ bufferSize, highWaterMark: 1 })
}

function makeSink(write: (chunk: unknown, callback: () => void) => void): Writable {
  return new Writable({ objectMode: true, write: (chunk, _encoding, callback) => write(chunk, callback) })
}

function collect(): { sink: Writable; records: unknown[]; chunks: unknown[] } {
  const records: unknown[] = []
  const chunks: unknown[] = []
  const sink = makeSink((chunk, callback) => {
    chunks.push(chunk)
    records.push(...recordsOf(chunk))
    callback()
  })
  return { sink, records, chunks }
}

void t.test('hands on records and batches in order, joined to batches of the buffer', async (t) => {
  const { sink, records, chunks } = collect()
  const chain = new PhaseChain('p', makeBuffer(5), [makePass(), sink])
  for (let i = 0; i < 10; i++) await chain.accept({ i })
  await chain.accept([{ i: 10 }, { i: 11 }])
  await chain.accept({ i: 12 })
  await chain.end()
  t.strictSame(
    records,
    Array.from({ length: 13 }, (_, i) => ({ i })),
  )
  t.strictSame(
    chunks.map((chunk) => recordsOf(chunk).length),
    [5, 5, 3],
  )
  t.equal(chain.records, 13)
})

void t.test('asks its source to wait while the sink does not take more', async (t) => {
  let goOn: (() => void) | undefined
  let isStalled = true
  const sink = makeSink((_chunk, callback) => {
    if (isStalled) goOn = callback
    else callback()
  })
  const chain = new PhaseChain('p', makeBuffer(), [makePass(), sink])
  let accepted = 0
  let wait: Promise<void> | undefined
  while (wait === undefined && accepted < 100_000) {
    accepted += 1
    wait = chain.accept({ accepted })
  }
  // Batches of a thousand: one in the sink, and those that wait before the other stages.
  t.ok(wait)
  t.ok(accepted >= 1000 && accepted % 1000 === 0, `${accepted} records`)
  isStalled = false
  goOn?.()
  await wait
  await chain.end()
})

for (const position of ['first', 'middle', 'last'] as const) {
  void t.test(`fails when its ${position} stage is destroyed without an error`, async (t) => {
    const stages = { first: makeBuffer(), middle: makePass(), last: makeSink(() => {}) }
    const chain = new PhaseChain('lost', stages.first, [stages.middle, stages.last])
    const marker = new Marker('written')
    await chain.accept({ a: 1 })
    await chain.mark(marker)
    stages[position].destroy()
    await t.rejects(chain.done, { code: 'ERR_SPILLWAY_CLOSED', message: /"lost" was closed before its end/ })
    await t.rejects(marker.receipt, { code: 'ERR_SPILLWAY_CLOSED' })
    await t.rejects(Promise.resolve(chain.accept({ a: 2 })), { code: 'ERR_SPILLWAY_CLOSED' })
    await t.rejects(chain.end(), { code: 'ERR_SPILLWAY_CLOSED' })
  })

  void t.test(`fails with the error of its ${position} stage`, async (t) => {
    const stages = { first: makeBuffer(), middle: makePass(), last: makeSink(() => {}) }
    const chain = new PhaseChain('p', stages.first, [stages.middle, stages.last])
    const failure = new Error('broken')
    stages[position].destroy(failure)
    await t.rejects(chain.done, failure)
  })
}

void t.test('fails a marker that a stage swallows', async (t) => {
  const swallow = new Transform({
    objectMode: true,
    transform: (chunk, _encoding, callback) => {
      if (notesOf(chunk).marker === undefined) callback(null, chunk)
      else callback()
    },
  })
  const { sink } = collect()
  const chain = new PhaseChain('p', makeBuffer(), [swallow, sink])
  const marker = new Marker('durable')
  await chain.mark(marker)
  await chain.end()
  await t.rejects(marker.receipt, { code: 'ERR_SPILLWAY_MARKER_LOST' })
})

void t.test('sends a marker behind the records accepted before it', async (t) => {
  const { sink, chunks } = collect()
  const chain = new PhaseChain('p', makeBuffer(), [makePass(), sink])
  await chain.accept({ a: 1 })
  await chain.mark(new Marker('written'))
  await chain.accept({ a: 2 })
  await chain.end()
  t.equal(chunks.length, 3)
  t.ok(notesOf(chunks[1]).marker)
})

void t.test('asks its source to wait when a stage was destroyed, until the failure is known', async (t) => {
  const buffer = makeBuffer(2)
  const chain = new PhaseChain('p', buffer, [makeSink((_chunk, callback) => callback())])
  buffer.destroy(new Error('broken'))
  const wait = chain.accept([{ n: 1 }, { n: 2 }, { n: 3 }])
  await t.rejects(Promise.resolve(wait), { message: 'broken' })
  await t.rejects(Promise.resolve(chain.accept({ n: 4 })), { message: 'broken' })
})

void t.test('stops adding a batch when a stage destroys the chain on the way', async (t) => {
  const buffer = makeBuffer(2)
  const chain = new PhaseChain('p', buffer, [makePass(), makeSink(() => buffer.destroy(new Error('broken')))])
  await new Promise(setImmediate)
  const batch = Array.from({ length: 10_000 }, (_, n) => ({ n }))
  await t.rejects(Promise.resolve(chain.accept(batch)), { message: 'broken' })
})
