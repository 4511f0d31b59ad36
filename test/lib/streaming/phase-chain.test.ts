import { PassThrough, Transform, Writable } from 'node:stream'
import t from 'tap'
import { Marker, notesOf, recordsOf } from '../../../lib/core/batch.ts'
import { PhaseChain } from '../../../lib/streaming/phase-chain.ts'

function makePass(): Transform {
  return new PassThrough({ objectMode: true })
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

void t.test('hands on records and batches in order, single records joined', async (t) => {
  const { sink, records, chunks } = collect()
  const chain = new PhaseChain('p', [makePass(), sink])
  for (let i = 0; i < 10; i++) await chain.accept({ i })
  await chain.accept([{ i: 10 }, { i: 11 }])
  await chain.accept({ i: 12 })
  await chain.end()
  t.strictSame(
    records,
    Array.from({ length: 13 }, (_, i) => ({ i })),
  )
  t.equal(chunks.length, 3)
  t.equal(chain.records, 13)
})

void t.test('asks its source to wait while the sink does not take more', async (t) => {
  let goOn: (() => void) | undefined
  let isStalled = true
  const sink = makeSink((_chunk, callback) => {
    if (isStalled) goOn = callback
    else callback()
  })
  const chain = new PhaseChain('p', [makePass(), sink])
  let accepted = 0
  let wait: Promise<void> | undefined
  while (wait === undefined && accepted < 10_000) {
    accepted += 1
    wait = chain.accept([{ accepted }])
  }
  t.ok(accepted < 100, `${accepted} batches`)
  isStalled = false
  goOn?.()
  await wait
  await chain.end()
})

for (const position of ['first', 'middle', 'last'] as const) {
  void t.test(`fails when its ${position} stage is destroyed without an error`, async (t) => {
    const stages = { first: makePass(), middle: makePass(), last: makeSink(() => {}) }
    const chain = new PhaseChain('lost', [stages.first, stages.middle, stages.last])
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
    const stages = { first: makePass(), middle: makePass(), last: makeSink(() => {}) }
    const chain = new PhaseChain('p', [stages.first, stages.middle, stages.last])
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
  const chain = new PhaseChain('p', [swallow, sink])
  const marker = new Marker('durable')
  await chain.mark(marker)
  await chain.end()
  await t.rejects(marker.receipt, { code: 'ERR_SPILLWAY_MARKER_LOST' })
})

void t.test('sends a marker behind the records accepted before it', async (t) => {
  const { sink, chunks } = collect()
  const chain = new PhaseChain('p', [makePass(), sink])
  await chain.accept({ a: 1 })
  await chain.mark(new Marker('written'))
  await chain.accept({ a: 2 })
  await chain.end()
  t.equal(chunks.length, 3)
  t.ok(notesOf(chunks[1]).marker)
})
