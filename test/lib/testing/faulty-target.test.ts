import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { mock } from 'node:test'
import t from 'tap'
import { markerBatch } from '../../../lib/core/batch.ts'
import { Marker } from '../../../lib/core/marker.ts'
import { faultyTarget, systemError, type FileCall, type Faults } from '../../../lib/testing/faulty-target.ts'
import { JsonlSink } from '../../../sinks/jsonl-sink.ts'
import type { OpenTarget } from '../../../sinks/files/file-target.ts'
import { atRest, closed, openResources } from '../../helpers/leaks.ts'
import { range } from '../../helpers/sink-conformance.ts'

const bytes = (text: string) => Buffer.from(text)
const textOf = (path: string) => readFileSync(path, 'utf8')

/** Writes records as JSON lines, ten with each write. */
async function writeLines(path: string, count: number, openTarget: OpenTarget): Promise<void> {
  const sink = new JsonlSink({ path, openTarget, onExisting: 'append' })
  const chunks = async function* () {
    for (let from = 0; from < count; from += 10) {
      const marker = new Marker('written')
      yield range(from, from + 10).map((n) => ({ n }))
      yield markerBatch(marker)
      await marker.receipt
    }
  }
  try {
    await pipeline(chunks, sink)
  } finally {
    await closed(sink)
  }
}

function numbersIn(path: string): number[] {
  const lines = textOf(path).split('\n')
  if (lines.pop() !== '') throw new Error('the last line has no end')
  return lines.map((line) => (JSON.parse(line) as { n: number }).n)
}

t.test('on a full disk a sink keeps whole lines, fails with the path, and can append once space is free', async (t) => {
  const before = openResources()
  const path = join(t.testdir(), 'lines.jsonl')
  const disk = { freeBytes: 1000 }
  const openTarget = faultyTarget({ disk })
  const failure = { code: 'ERR_SPILLWAY_IO', message: path, place: { path }, cause: { code: 'ENOSPC' } }
  await t.rejects(writeLines(path, 500, openTarget), failure)
  t.strictSame(numbersIn(path), range(0, 110), 'with the next ten lines the file would have more than 1,000 bytes')
  t.equal(textOf(path).length + disk.freeBytes, 1000)

  await t.rejects(writeLines(path, 500, openTarget), failure)
  disk.freeBytes = Infinity
  await writeLines(path, 500, openTarget)
  t.strictSame(numbersIn(path), [...range(0, 110), ...range(0, 500)])
  t.strictSame(openResources(), before)
})

t.test('on a full disk the part of a write that fits is written', async (t) => {
  const dir = t.testdir()
  const disk = { freeBytes: 10 }
  const [one, other] = await Promise.all(
    ['one', 'other'].map((name) => faultyTarget({ disk })(join(dir, name), 'create')),
  )
  await one!.write(bytes('123456'))
  await t.rejects(other!.write(bytes('abcdef')), { code: 'ENOSPC' })
  await t.rejects(one!.write(bytes('7')), { code: 'ENOSPC' })
  t.strictSame([textOf(join(dir, 'one')), textOf(join(dir, 'other'))], ['123456', 'abcd'])
  await other!.truncate(1)
  t.equal(disk.freeBytes, 3)
  await one!.write(bytes('789'))
  t.equal(textOf(join(dir, 'one')), '123456789')
  await Promise.all([one!.close(), other!.close()])
})

t.test('fails one call by its number, or all calls', async (t) => {
  const path = join(t.testdir(), 'file')
  const file = await faultyTarget({
    write: { code: 'EIO', call: 2 },
    sync: { code: 'EIO', call: 1 },
    truncate: { code: 'EPERM' },
  })(path, 'create')
  await file.write(bytes('a'))
  await t.rejects(file.write(bytes('b')), { code: 'EIO' })
  await file.write(bytes('c'))
  await t.rejects(file.sync(), { code: 'EIO' })
  await file.sync()
  await t.rejects(file.truncate(1), { code: 'EPERM' })
  await t.rejects(file.truncate(1), { code: 'EPERM' })
  await file.close()
  t.equal(textOf(path), 'ac')
})

t.test('a sink names the operation that failed', async (t) => {
  const dir = t.testdir()
  const cases: [string, Faults, RegExp][] = [
    ['write', { write: { code: 'EIO', call: 3 } }, /Cannot write to .*EIO/],
    ['sync', { sync: { code: 'EIO' } }, /Cannot sync .*EIO/],
    ['close', { close: { code: 'EIO' } }, /Cannot close .*EIO/],
    ['open', { open: { code: 'EROFS' } }, /Cannot open .*EROFS.*not read-only/],
  ]
  for (const [name, faults, message] of cases) {
    const before = openResources()
    const path = join(dir, name)
    await t.rejects(writeLines(path, 100, faultyTarget(faults)), { code: 'ERR_SPILLWAY_IO', message, place: { path } })
    t.strictSame(openResources(), before, 'the file is released')
  }
  t.strictSame(numbersIn(join(dir, 'write')), range(0, 20))
  t.equal(existsSync(join(dir, 'open')), false)
})

t.test('counts the calls on all files', async (t) => {
  const dir = t.testdir()
  const openTarget = faultyTarget({ open: { code: 'EMFILE', call: 3 } })
  for (const name of ['a', 'b']) await (await openTarget(join(dir, name), 'create')).close()
  await t.rejects(openTarget(join(dir, 'c'), 'create'), { code: 'EMFILE' })
  t.equal(existsSync(join(dir, 'c')), false)
  await (await openTarget(join(dir, 'd'), 'create')).close()
})

t.test('tears the write that reaches beyond `atByte`', async (t) => {
  const path = join(t.testdir({ file: '12' }), 'file')
  const file = await faultyTarget({ write: { code: 'EIO', atByte: 6 } })(path, 'append')
  await file.write(bytes('34'))
  await t.rejects(file.write(bytes('5678')), { code: 'EIO' })
  t.equal(textOf(path), '123456')
  await t.rejects(file.write(bytes('7')), { code: 'EIO' })
  await file.truncate(5)
  await file.write(bytes('x'))
  await file.close()
  t.equal(textOf(path), '12345x')
})

t.test('a sink removes the partial line of a torn write', async (t) => {
  const path = join(t.testdir(), 'lines.jsonl')
  const openTarget = faultyTarget({ write: { code: 'EFBIG', atByte: 333 } })
  await t.rejects(writeLines(path, 500, openTarget), { place: { path }, cause: { code: 'EFBIG' } })
  t.strictSame(numbersIn(path), range(0, 30))
})

t.test('short writes split a write into pieces, and it can fail between them', async (t) => {
  const dir = t.testdir()
  const pieces: number[] = []
  const behind = faultyTarget({
    before({ operation, bytes }) {
      if (operation === 'write') pieces.push(bytes)
    },
    write: { code: 'EIO', call: 6 },
  })
  const file = await faultyTarget({ shortWriteBytes: 4 }, behind)(join(dir, 'file'), 'create')
  await file.write(bytes('0123456789'))
  await t.rejects(file.write(bytes('abcdefghijkl')), { code: 'EIO' })
  await file.close()
  t.strictSame(pieces, [4, 4, 2, 4, 4, 4])
  t.equal(textOf(join(dir, 'file')), '0123456789abcdefgh')

  await writeLines(join(dir, 'lines'), 50, faultyTarget({ shortWriteBytes: 7 }))
  t.strictSame(numbersIn(join(dir, 'lines')), range(0, 50))
})

t.test('`slowMs` delays every operation', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const path = join(t.testdir(), 'file')
  /** Performs an operation, and checks that it does not complete before the delay is over. */
  const slowly = async <Value>(run: () => Promise<Value>): Promise<Value> => {
    let isDone = false
    const done = run().finally(() => (isDone = true))
    await atRest(() => 0)
    mock.timers.tick(99)
    await atRest(() => 0)
    t.notOk(isDone)
    mock.timers.tick(1)
    return done
  }
  const file = await slowly(() => faultyTarget({ slowMs: 100 })(path, 'create'))
  await slowly(() => file.write(bytes('abc')))
  await slowly(() => file.sync())
  await slowly(() => file.truncate(2))
  await slowly(() => file.close())
  t.equal(textOf(path), 'ab')
})

t.test('only the files that `path` selects have the faults', async (t) => {
  const dir = t.testdir()
  const openTarget = faultyTarget({ path: (path) => path.endsWith('.bad'), write: { code: 'EIO' } })
  const [good, bad] = [await openTarget(join(dir, 'x.good'), 'create'), await openTarget(join(dir, 'x.bad'), 'create')]
  await good.write(bytes('good'))
  await t.rejects(bad.write(bytes('bad')), { code: 'EIO' })
  await Promise.all([good.close(), bad.close()])
})

t.test('calls `before` ahead of every operation, which fails with the error that it throws', async (t) => {
  const before = openResources()
  const path = join(t.testdir(), 'file')
  const calls: FileCall[] = []
  const failure = new Error('enough')
  const openTarget = faultyTarget({
    before(call) {
      calls.push(call)
      if (call.operation === 'close') throw failure
    },
  })
  const file = await openTarget(path, 'create')
  await file.write(bytes('ab'))
  await file.write(bytes('c'))
  await file.sync()
  await file.truncate(2)
  await t.rejects(file.close(), failure)
  t.strictSame(calls, [
    { operation: 'open', path, call: 1, bytes: 0 },
    { operation: 'write', path, call: 1, bytes: 2 },
    { operation: 'write', path, call: 2, bytes: 1 },
    { operation: 'sync', path, call: 1, bytes: 0 },
    { operation: 'truncate', path, call: 1, bytes: 0 },
    { operation: 'close', path, call: 1, bytes: 0 },
  ])
  t.strictSame(openResources(), before, 'the file is released nevertheless')
})

t.test('rejects unknown faults and invalid values', async (t) => {
  const refused = (faults: unknown, message: string | RegExp) =>
    t.throws(() => faultyTarget(faults as Faults), { code: 'ERR_SPILLWAY_OPTION', message })
  refused({ wirte: { code: 'EIO' } }, /Unknown option of faultyTarget: `wirte`. Did you mean `write`\?/)
  refused({ sync: { code: 'EIO', atByte: 3 } }, /Unknown option of the fault of sync: `atByte`/)
  refused({ write: {} }, 'Expected `code` to be a non-empty string, got undefined')
  refused({ write: { code: 'EIO', call: 0 } }, 'Expected `call` to be an integer from 1 up, got 0 (number)')
  refused({ disk: 100 }, 'Expected `disk` to be an object { freeBytes }, got 100 (number)')
  refused({ slowMs: Infinity }, /Expected `slowMs` to be a number from 0 to 2147483647/)
})

t.test('errors have the code of an operating system error', async (t) => {
  t.match(systemError('ENOSPC'), { code: 'ENOSPC', message: 'ENOSPC: simulated' })
})
