import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { textsIn } from '../helpers/checked-file.ts'
import type { ResultStreamerOptions } from '../../lib/streaming/options.ts'

function makeStreamer(t: Test, options: Partial<ResultStreamerOptions> = {}): ResultStreamer & { dir: string } {
  const dir = join(t.testdir(), 'run')
  const streamer = new ResultStreamer({ workflowId: 'test', outputDir: dir, ...options })
  t.teardown(() => streamer.close().catch(() => {}))
  return Object.assign(streamer, { dir })
}

function makeRecord(i: number, phase = 'search') {
  return {
    phase,
    container: `c${i % 3}`,
    timestamp: new Date(i * 1000).toISOString(),
    result: { metrics: { sharpe_ratio: Math.sin(i), total_return: i / 7 } },
  }
}

function linesOf(dir: string, phase: string): Record<string, unknown>[] {
  const directory = join(dir, 'results', phase)
  return readdirSync(directory)
    .sort()
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function deadLettersOf(dir: string): Record<string, unknown>[] {
  return textsIn(join(dir, 'dead-letter.jsonl')).map((text) => JSON.parse(text) as Record<string, unknown>)
}

function expectBalanced(t: Test, { stats }: ResultStreamer): void {
  const { deduplicated, inFlight, recordsIn, rejected, written } = stats
  t.equal(recordsIn, written + rejected + deduplicated + inFlight, 'every record is accounted for')
}

void t.test('routes each record to the files of its phase, in order', async (t) => {
  const streamer = makeStreamer(t)
  const records = Array.from({ length: 2500 }, (_, i) => makeRecord(i, i % 2 === 0 ? 'even' : 'odd'))
  await pipeline(records, streamer)
  t.strictSame(
    linesOf(streamer.dir, 'even'),
    records.filter((_, i) => i % 2 === 0),
  )
  t.strictSame(
    linesOf(streamer.dir, 'odd'),
    records.filter((_, i) => i % 2 === 1),
  )
  t.equal(streamer.stats.written, 2500)
  expectBalanced(t, streamer)
})

void t.test('is a Writable, and takes batches of one phase or of many', async (t) => {
  const streamer = makeStreamer(t)
  t.ok(streamer instanceof Writable)
  const one = Array.from({ length: 10 }, (_, i) => makeRecord(i, 'one'))
  const mixed = Array.from({ length: 10 }, (_, i) => makeRecord(i, i < 5 ? 'one' : 'two'))
  await pipeline(Readable.from([one, one.map((record) => ({ ...record })), mixed]), streamer)
  t.equal(linesOf(streamer.dir, 'one').length, 25)
  t.strictSame(linesOf(streamer.dir, 'two'), mixed.slice(5))
})

void t.test('sends records without a phase to the default one', async (t) => {
  const streamer = makeStreamer(t)
  await streamer.writeResult({ a: 1 })
  await streamer.writeResult({ a: 2, phase: null })
  await streamer.writeResult({ a: 3, phase: 7 })
  await streamer.close()
  t.strictSame(linesOf(streamer.dir, 'default'), [{ a: 1 }, { a: 2, phase: null }])
  t.strictSame(linesOf(streamer.dir, '7'), [{ a: 3, phase: 7 }])
})

void t.test('reads the phase from the field it is told', async (t) => {
  const streamer = makeStreamer(t, { fields: { phase: 'stage', metrics: 'scores' }, objective: { metric: 'f1' } })
  await streamer.writeResult({ stage: 'eval', container: 'a', scores: { f1: 0.5 } })
  await streamer.close()
  const results = await streamer.getAggregatedResults()
  t.equal(results.phases['eval']?.metrics['f1']?.mean, 0.5)
  t.equal(results.topPerformers[0]?.value, 0.5)
})

void t.test('acknowledges', async (t) => {
  await t.test('a written record once it is in its file', async (t) => {
    const streamer = makeStreamer(t, { bufferSize: 1000, maxAgeMs: Infinity })
    await streamer.writeResult(makeRecord(1), { ack: 'written' })
    t.equal(linesOf(streamer.dir, 'search').length, 1)
  })

  await t.test('many at once with few writes', async (t) => {
    const streamer = makeStreamer(t, { maxAgeMs: Infinity })
    await Promise.all(Array.from({ length: 100 }, (_, i) => streamer.writeResult(makeRecord(i), { ack: 'durable' })))
    t.equal(linesOf(streamer.dir, 'search').length, 100)
    t.ok(streamer.flushCount <= 2, `${streamer.flushCount} batches`)
  })

  await t.test('what was written before the end when the end comes at once', async (t) => {
    const streamer = makeStreamer(t, { ackDelayMs: 60_000 })
    const ack = streamer.writeResult(makeRecord(1), { ack: 'durable' })
    await streamer.close()
    await ack
    t.equal(linesOf(streamer.dir, 'search').length, 1)
  })

  await t.test('a rejected record by rejecting, with its reason', async (t) => {
    const streamer = makeStreamer(t)
    const bad = { ...makeRecord(1), callback() {} }
    await t.rejects(streamer.writeResult(bad, { ack: 'written' }), {
      code: 'ERR_SPILLWAY_VALUE',
      message: /field callback: a function/,
      place: { phase: 'search', field: 'callback' },
    })
    await t.rejects(streamer.writeResult({ phase: 'a\0b' }, { ack: 'durable' }), {
      code: 'ERR_SPILLWAY_VALUE',
      message: /NUL/,
    })
    await streamer.close()
  })

  await t.test('what is not a record by rejecting, null like the others', async (t) => {
    const streamer = makeStreamer(t)
    for (const bad of [null, undefined, 5, 'text'] as unknown as Record<string, unknown>[]) {
      await streamer.writeResult(bad)
      await t.rejects(streamer.writeResult(bad, { ack: 'written' }), {
        code: 'ERR_SPILLWAY_VALUE',
        message: /^The record was rejected: a record must be an object\. It is kept in /,
      })
    }
    await streamer.writeResult([makeRecord(1)], { ack: 'written' })
    await streamer.close()
    t.match(streamer.stats, { recordsIn: 9, written: 1, rejected: 8 })
    t.strictSame(deadLettersOf(streamer.dir)[0], {
      stage: 'route',
      reason: 'a record must be an object',
      record: null,
    })
  })

  await t.test('nothing after a failure: pending ones reject with it', async (t) => {
    const failure = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    const streamer = makeStreamer(t, {
      openTarget: async () => ({
        initialBytes: 0,
        write: () => Promise.reject(failure),
        sync: async () => {},
        truncate: async () => {},
        close: async () => {},
      }),
    })
    streamer.on('error', () => {})
    await t.rejects(streamer.writeResult(makeRecord(1), { ack: 'durable' }), {
      code: 'ERR_SPILLWAY_IO',
      cause: failure,
    })
    await t.rejects(streamer.close(), { code: 'ERR_SPILLWAY_IO', message: /Free space/ })
    await t.rejects(streamer.writeResult(makeRecord(2)), { code: 'ERR_SPILLWAY_IO' })
  })
})

void t.test('refuses to be written to after its end', async (t) => {
  const streamer = makeStreamer(t)
  await streamer.close()
  await t.rejects(streamer.writeResult(makeRecord(1)), { code: 'ERR_SPILLWAY_CLOSED' })
  t.throws(() => streamer.forPhase('x'), { code: 'ERR_SPILLWAY_CLOSED' })
  await streamer.close()
  await streamer.flush()
})

void t.test('keeps what cannot be written in the dead-letter file', async (t) => {
  const streamer = makeStreamer(t)
  const bad: unknown[] = [
    5,
    'text',
    new Date(0),
    { phase: {} },
    { phase: '..' },
    { phase: 'x'.repeat(5000) },
    { m: new Map() },
  ]
  for (const record of [makeRecord(1), ...bad, makeRecord(2)]) streamer.write(record)
  await streamer.close()
  t.equal(linesOf(streamer.dir, 'search').length, 2)
  const letters = deadLettersOf(streamer.dir)
  t.equal(letters.length, bad.length)
  t.match(letters.at(-1), { stage: 'encode', reason: 'a Map cannot be written', field: 'm', phase: 'default' })
  t.equal(streamer.stats.rejected, bad.length)
  expectBalanced(t, streamer)
})

void t.test('never lets the name of a phase out of its directory', async (t) => {
  const streamer = makeStreamer(t)
  await streamer.writeResult({ phase: '../../escape', a: 1 })
  await streamer.writeResult({ phase: 'Search', a: 1 })
  await streamer.writeResult({ phase: 'search', a: 1 })
  await streamer.close()
  t.strictSame(readdirSync(join(streamer.dir, 'results')).sort(), ['..%2F..%2Fescape', 'Search'])
  t.match(deadLettersOf(streamer.dir)[0]?.['reason'], /letter case/)
})

void t.test('a limit of one phase is named as one phase', async (t) => {
  const streamer = makeStreamer(t, { maxPhases: 1 })
  streamer.forPhase('a').end()
  t.throws(() => streamer.forPhase('b'), { message: 'No more than 1 phase can be written. Raise `maxPhases`.' })
  await streamer.close()
})

void t.test('opens no more than maxPhases phases', async (t) => {
  const streamer = makeStreamer(t, { maxPhases: 3 })
  for (let i = 0; i < 10; i++) await streamer.writeResult(makeRecord(i, `phase-${i}`))
  await streamer.close()
  t.equal(readdirSync(join(streamer.dir, 'results')).length, 3)
  t.equal(streamer.stats.rejected, 7)
})

void t.test('forPhase', async (t) => {
  await t.test('takes records without a phase field, and completes the files at its end', async (t) => {
    const streamer = makeStreamer(t)
    await pipeline([{ a: 1 }, { a: 2 }], streamer.forPhase('direct'))
    t.strictSame(linesOf(streamer.dir, 'direct'), [{ a: 1 }, { a: 2 }])
    await streamer.writeResult({ phase: 'direct', a: 3 })
    await streamer.close()
    t.match(deadLettersOf(streamer.dir)[0]?.['reason'], /has ended/)
    expectBalanced(t, streamer)
  })

  await t.test('refuses a name that cannot be a file name', async (t) => {
    const streamer = makeStreamer(t)
    t.throws(() => streamer.forPhase('a\0'), { code: 'ERR_SPILLWAY_NAME' })
    t.equal(streamer.forPhase('a'), streamer.forPhase('a'))
  })

  await t.test('saves what it accepted from a source that fails, and spares the other phases', async (t) => {
    const streamer = makeStreamer(t)
    const source = Readable.from(
      (function* () {
        for (let i = 0; i < 500; i++) yield { i }
        throw new Error('source failed')
      })(),
    )
    await t.rejects(pipeline(source, streamer.forPhase('failing')), { message: 'source failed' })
    await streamer.writeResult({ phase: 'other', a: 1 })
    await streamer.close()
    t.equal(linesOf(streamer.dir, 'failing').length, 500)
    t.equal(linesOf(streamer.dir, 'other').length, 1)
  })
})

void t.test('outlives records that throw when they are read', async (t) => {
  for (const field of ['phase', 'container', 'constructor', 'value']) {
    for (const isBatch of [false, true]) {
      const bad = Object.defineProperty({}, field, {
        enumerable: true,
        get() {
          throw new Error('unreadable')
        },
      })
      const streamer = makeStreamer(t, { onExisting: 'overwrite' })
      streamer.write(isBatch ? [bad, makeRecord(1)] : bad)
      streamer.write(makeRecord(2))
      await streamer.close()
      const { written, rejected } = streamer.stats
      t.strictSame({ written, rejected }, { written: isBatch ? 2 : 1, rejected: 1 }, `${field}, batch: ${isBatch}`)
      expectBalanced(t, streamer)
    }
  }
})

void t.test('saves every record before the one at which a source throws', async (t) => {
  for (const count of [0, 1, 15, 999, 1000, 3210]) {
    const streamer = makeStreamer(t, { onExisting: 'overwrite' })
    const source = function* () {
      for (let i = 0; i < count; i++) yield makeRecord(i)
      throw new Error(`at ${count}`)
    }
    await t.rejects(pipeline(source, streamer), { message: `at ${count}` })
    await t.rejects(streamer.close(), { message: `at ${count}` })
    t.equal(count === 0 ? 0 : linesOf(streamer.dir, 'search').length, count)
    t.equal((await streamer.getAggregatedResults()).writeCount, count)
    expectBalanced(t, streamer)
  }
})

void t.test('saves what it accepted when it is aborted', async (t) => {
  const aborter = new AbortController()
  const streamer = makeStreamer(t, { signal: aborter.signal })
  let yielded = 0
  const source = async function* () {
    for (; ; yielded++) {
      if (yielded === 1234) aborter.abort()
      await Promise.resolve()
      yield makeRecord(yielded)
    }
  }
  await t.rejects(pipeline(source, streamer), { name: 'AbortError' })
  await t.rejects(streamer.close(), { name: 'AbortError' })
  const { recordsIn, written } = streamer.stats
  t.equal(linesOf(streamer.dir, 'search').length, written)
  t.equal(written, recordsIn)
  t.ok(written >= 1234)
})

void t.test('never starts when its signal is aborted already', async (t) => {
  const streamer = makeStreamer(t, { signal: AbortSignal.abort() })
  await t.rejects(streamer.close(), { name: 'AbortError' })
  t.notOk(existsSync(join(streamer.dir, 'results')))
})

void t.test('loses nothing that was written before the directory was ready', async (t) => {
  const streamer = makeStreamer(t)
  for (let i = 0; i < 100; i++) streamer.write(makeRecord(i))
  streamer.destroy(new Error('early'))
  await t.rejects(streamer.close(), { message: 'early' })
  t.equal(linesOf(streamer.dir, 'search').length, 100)
})

void t.test('writes everything a source gives that never yields to the event loop', async (t) => {
  const streamer = makeStreamer(t)
  await pipeline(
    (function* () {
      for (let i = 0; i < 50_000; i++) yield { phase: 'tight', i }
    })(),
    streamer,
  )
  t.equal(linesOf(streamer.dir, 'tight').length, 50_000)
})

void t.test('pushes back on a source while the disk is slow', async (t) => {
  let release = () => {}
  const stalled = new Promise<void>((resolve) => (release = resolve))
  const streamer = makeStreamer(t, {
    bufferSize: 100,
    openTarget: async () => ({
      initialBytes: 0,
      write: () => stalled,
      sync: async () => {},
      truncate: async () => {},
      close: async () => {},
    }),
  })
  let yielded = 0
  const source = function* () {
    for (; yielded < 100_000; yielded++) yield makeRecord(yielded)
  }
  const done = pipeline(source, streamer)
  for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate)
  t.ok(yielded < 10_000, `stopped the source after ${yielded} records`)
  release()
  await done
  t.equal(streamer.stats.written, 100_000)
})

void t.test(
  'fails, rather than hang or end quietly, when the stream of a phase is destroyed from outside',
  async (t) => {
    const streamer = makeStreamer(t)
    const inlet = streamer.forPhase('inner')
    inlet.write({ a: 1 })
    inlet.destroy()
    await t.rejects(streamer.close(), {
      code: 'ERR_SPILLWAY_CLOSED',
      place: { phase: 'inner' },
      message: /before its end/,
    })
    t.strictSame(linesOf(streamer.dir, 'inner'), [{ a: 1 }])
  },
)

void t.test('refuses a directory that holds results, unless told otherwise', async (t) => {
  const dir = join(t.testdir(), 'run')
  const write = async (options: Partial<ResultStreamerOptions>, phase: string) => {
    const streamer = new ResultStreamer({ workflowId: 'test', outputDir: dir, ...options })
    await streamer.writeResult({ phase, a: 1 })
    await streamer.close()
  }
  await write({}, 'first')
  await t.rejects(write({}, 'second'), { code: 'ERR_SPILLWAY_EXISTS', message: /already holds results/ })
  await write({ onExisting: 'append' }, 'first')
  t.strictSame(readdirSync(join(dir, 'results', 'first')), ['part-00000.jsonl', 'part-00001.jsonl'])
  await write({ onExisting: 'overwrite' }, 'second')
  t.equal(readdirSync(join(dir, 'results')).flatMap((phase) => readdirSync(join(dir, 'results', phase))).length, 1)
})

void t.test('says so when the directory cannot be written', async (t) => {
  const root = t.testdir({ file: '' })
  const streamer = new ResultStreamer({ workflowId: 'test', outputDir: join(root, 'file', 'run') })
  await t.rejects(streamer.close(), { code: 'ERR_SPILLWAY_IO', message: /ENOTDIR/ })
})

void t.test('refuses wrong options at once', (t) => {
  const make = (options: object) => () => new ResultStreamer({ workflowId: 'w', outputDir: 'out', ...options })
  t.throws(make({ bufersize: 1 }), { code: 'ERR_SPILLWAY_OPTION', message: /Did you mean `bufferSize`/ })
  t.throws(make({ bufferSize: 0 }), { message: 'Expected `bufferSize` to be an integer from 1 up, got 0 (number)' })
  t.throws(make({ format: 'xml' }), { message: /'jsonl', 'csv', 'parquet'/ })
  t.throws(make({ outputDir: '' }), { message: /non-empty string/ })
  t.throws(make({ path: 'x' }), { message: /Unknown option of ResultStreamer: `path`/ })
  t.throws(() => new ResultStreamer({ workflowId: 'w' } as ResultStreamerOptions), { message: /`outputDir`/ })
  t.end()
})

void t.test('takes a compression its format does not have, and says that it is ignored', async (t) => {
  const streamer = makeStreamer(t, { format: 'jsonl', compression: 'snappy' })
  await streamer.writeResult(makeRecord(1))
  await streamer.close()
  t.strictSame(streamer.stats.ignored, ['compression'])
  t.equal(linesOf(streamer.dir, 'search').length, 1)
})

void t.test('writes the aggregates beside the results when it closes', async (t) => {
  const streamer = makeStreamer(t)
  for (let i = 0; i < 30; i++) await streamer.writeResult(makeRecord(i))
  await streamer.close()
  const saved = JSON.parse(readFileSync(join(streamer.dir, 'aggregates.json'), 'utf8')) as unknown
  const { flushCount, bytesWritten, ...stored } = await streamer.getAggregatedResults()
  t.strictSame(saved, JSON.parse(JSON.stringify(stored)), 'without what depends on interruptions')
  t.strictSame([flushCount, bytesWritten > 0], [1, true])
  t.strictSame(readdirSync(streamer.dir).sort(), ['aggregates.json', 'results'])
})

void t.test('can be disposed of', async (t) => {
  const streamer = makeStreamer(t)
  await streamer.writeResult(makeRecord(1))
  await streamer[Symbol.asyncDispose]()
  t.ok(streamer.closed)
  t.equal(linesOf(streamer.dir, 'search').length, 1)
})

void t.test('tells where it is while it runs', async (t) => {
  const streamer = makeStreamer(t)
  for (let i = 0; i < 10; i++) await streamer.writeResult(makeRecord(i))
  t.equal(streamer.stats.recordsIn, 10)
  await streamer.flush()
  t.equal(streamer.writeCount, 10)
  t.equal(streamer.stats.written, 10)
  t.equal(streamer.metrics.phases['search']?.count, 10)
  t.equal(streamer.flushCount, 1)
  t.equal(streamer.stats.phases.get('search')?.inFlight, 0)
})

void t.test('aggregates nothing where that is not wanted', async (t) => {
  const streamer = makeStreamer(t, { aggregation: false })
  for (let i = 0; i < 100; i++) void streamer.writeResult(makeRecord(i))
  const { phases, topPerformers, writeCount } = await streamer.getAggregatedResults()
  t.strictSame([Object.keys(phases), topPerformers, writeCount], [[], [], 100])
  await streamer.close()
  t.equal(linesOf(streamer.dir, 'search').length, 100)
})

void t.test('gives the same aggregated results whatever the order of arrival', async (t) => {
  const records = Array.from({ length: 4000 }, (_, i) => makeRecord(i, i % 5 === 0 ? 'other' : 'search'))
  const shuffled = records.map((record, i) => ({ record, key: Math.sin(i * 12.9898) })).sort((a, b) => a.key - b.key)
  const outcomes = []
  for (const order of [records, records.toReversed(), shuffled.map(({ record }) => record)]) {
    const streamer = makeStreamer(t, { onExisting: 'overwrite', bufferSize: 100 })
    await pipeline(order, streamer)
    outcomes.push(JSON.stringify(await streamer.getAggregatedResults()))
  }
  t.equal(outcomes[1], outcomes[0])
  t.equal(outcomes[2], outcomes[0])
})

void t.test('a queue of records of several phases enters each phase as one batch, in order', async (t) => {
  const streamer = makeStreamer(t)
  const phases = ['a', 'b', 'c']
  const records = Array.from({ length: 1500 }, (_, i) => makeRecord(i, phases[i % 3]))
  // Written at once: the stream opens its directory meanwhile, and gets all of them in one call.
  for (const record of records) streamer.write(record)
  await streamer.flush()
  t.equal(streamer.flushCount, 3)
  for (const phase of phases) {
    t.strictSame(
      linesOf(streamer.dir, phase),
      records.filter((record) => record.phase === phase),
    )
  }
})

void t.test('every record is accounted for at every turn of the event loop', async (t) => {
  const streamer = makeStreamer(t, { bufferSize: 50 })
  const total = 20_000
  for (let i = 0; i < total; i++) streamer.write(makeRecord(i, `p${i % 4}`))
  const ended = streamer.close()
  const seen: number[] = []
  while (!streamer.closed) {
    const { recordsIn, written, rejected, inFlight } = streamer.stats
    if (recordsIn !== written + rejected + inFlight) t.fail(`${recordsIn} records in`)
    seen.push(recordsIn)
    await new Promise(setImmediate)
  }
  await ended
  t.ok(
    seen.every((recordsIn) => recordsIn === total),
    'also while the queue is being accepted',
  )
  t.equal(streamer.stats.written, total)
})

void t.test('what is in the queue is saved when the stream is destroyed while it is being accepted', async (t) => {
  const streamer = makeStreamer(t, { bufferSize: 10 })
  const total = 5000
  streamer.on('error', () => {})
  for (let i = 0; i < total / 2; i++) streamer.write(makeRecord(i))
  for (let i = total / 2; i < total; i += 10) streamer.write(Array.from({ length: 10 }, (_, n) => makeRecord(i + n)))
  while (streamer.stats.written === 0) await new Promise(setImmediate)
  streamer.destroy(new Error('the source broke'))
  await t.rejects(streamer.close(), { message: 'the source broke' })
  t.strictSame(
    linesOf(streamer.dir, 'search').map(({ timestamp }) => timestamp),
    Array.from({ length: total }, (_, i) => makeRecord(i).timestamp),
  )
})

void t.test('publishes with run, phase and file what happens to records and parts', async (t) => {
  const messages: [string, object][] = []
  const listen = (message: unknown, name: string | symbol) => {
    messages.push([String(name), message as object])
  }
  const names = ['part:opened', 'part:closed', 'record:rejected', 'record:same-object']
  for (const name of names) subscribe(`spillway:${name}`, listen)
  t.teardown(() => names.forEach((name) => unsubscribe(`spillway:${name}`, listen)))
  const streamer = makeStreamer(t, { bufferSize: 3 })
  const same = { phase: 'search', n: 1 }
  await pipeline([same, same, same, { phase: 'search', bad: () => 0 }, 5], streamer)
  const about = { workflowId: 'test', phase: 'search', path: join(streamer.dir, 'results/search/part-00000.jsonl') }
  const rejected = { workflowId: 'test', path: join(streamer.dir, 'dead-letter.jsonl') }
  const sorted = messages.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  t.match(sorted, [
    ['spillway:part:closed', { ...about, schema: null, rows: 3 }],
    ['spillway:part:opened', { ...about, schema: null }],
    ['spillway:record:rejected', { ...rejected, phase: null, stage: 'route', record: 5 }],
    ['spillway:record:rejected', { ...rejected, phase: 'search', stage: 'encode', field: 'bad' }],
    ['spillway:record:same-object', { ...about, repeated: 2 }],
  ])
  t.equal(sorted.length, 5)
  t.equal(streamer.stats.repeated, 2)
})

void t.test('counts the records of all phases in its summary', async (t) => {
  const streamer = makeStreamer(t)
  await pipeline([makeRecord(1, 'a'), makeRecord(2, 'b'), makeRecord(3, 'b'), 5], streamer)
  t.match(await streamer.getAggregatedResults(), { count: 3, phases: { a: { count: 1 }, b: { count: 2 } } })
})
