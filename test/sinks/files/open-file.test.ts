import { Readable } from 'node:stream'
import t from 'tap'
import { makeDeferred } from '../../../lib/core/deferred.ts'
import type { ByteTarget } from '../../../sinks/files/file-target.ts'
import { OpenFile } from '../../../sinks/files/open-file.ts'
import { systemError } from '../../../lib/testing/faulty-target.ts'
import { atRest } from '../../helpers/leaks.ts'

/** Opens a file that records its operations. */
async function open(faults: Partial<ByteTarget> = {}) {
  const events: string[] = []
  const failures: Error[] = []
  const target: ByteTarget = {
    initialBytes: 10,
    write: async (bytes) => void events.push(`write ${Buffer.from(bytes).toString()}`),
    sync: async () => void events.push('sync'),
    truncate: async (bytes) => void events.push(`truncate ${bytes}`),
    close: async () => void events.push('close'),
    ...faults,
  }
  const file = await OpenFile.open(
    '/x',
    'append',
    async () => target,
    (error) => failures.push(error),
  )
  return { file, events, failures }
}

t.test('counts bytes and rows from the existing end of the file', async (t) => {
  const { file, events } = await open()
  t.strictSame([file.bytes, file.rows], [10, 0])
  await file.append(Readable.from([Buffer.from('abc')]), () => 2)
  await file.append(Readable.from([Buffer.alloc(0)]), () => 2)
  await file.append(Readable.from([Buffer.from('d')]), () => 3)
  t.strictSame([file.bytes, file.rows], [14, 3])
  await file.close()
  t.strictSame(events, ['write abc', 'write d', 'sync', 'close'])
})

t.test('has at most one chunk in flight', async (t) => {
  const gate = makeDeferred<void>()
  let writes = 0
  const { file } = await open({ write: () => (writes++, gate.promise) })
  await file.append(Readable.from([Buffer.from('a')]))
  const second = file.append(Readable.from([Buffer.from('b')]))
  await atRest(() => writes)
  t.equal(writes, 1)
  gate.resolve()
  await second
  t.equal(writes, 2)
})

t.test('has 1 MB of a chunk in flight while it creates the next pieces', async (t) => {
  const gate = makeDeferred<void>()
  const { file } = await open({ write: () => gate.promise })
  let made = 0
  async function* pieces() {
    for (; made < 10; made++) yield Buffer.alloc(256 * 1024)
  }
  const appended = file.append(pieces(), () => 1)
  await atRest(() => made)
  t.equal(made, 8, 'four are in flight, four wait, and there is no room for the next')
  gate.resolve()
  await appended
  t.strictSame([file.bytes, file.rows], [10 + 10 * 256 * 1024, 1])
})

t.test('writes a piece of more than 1 MB before it requests the next', async (t) => {
  const written: number[] = []
  const { file } = await open({
    write: async (bytes) => {
      await new Promise(setImmediate)
      written.push(bytes[0] as number)
    },
  })
  const large = Buffer.alloc(2 * 1024 * 1024)
  async function* pieces() {
    yield Buffer.of(1)
    yield large.fill(2)
    // The memory of a piece is reused.
    yield large.fill(3)
    yield Buffer.of(4)
  }
  await file.append(pieces(), () => 1)
  await file.settle()
  t.strictSame(written, [1, 2, 3, 4])
  t.equal(file.bytes, 10 + 2 + 2 * large.length)
})

t.test('truncates the whole chunk when a piece fails before other pieces', async (t) => {
  const gate = makeDeferred<void>()
  let writes = 0
  const write = async () => {
    await gate.promise
    writes += 1
    if (writes === 2) throw systemError('EIO')
  }
  const { file, events, failures } = await open({ write })
  const appended = file.append(Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(100_000))), () => 1)
  gate.resolve()
  await t.rejects(appended, { cause: { code: 'EIO' } })
  t.strictSame([file.bytes, file.rows, failures.length], [10, 0, 1])
  await t.rejects(file.close())
  t.equal(writes, 2, 'later pieces are not written')
  t.strictSame(new Set(events), new Set(['truncate 10', 'close']))
})

t.test('truncates a failed chunk, reports it at once, and fails afterwards', async (t) => {
  let writes = 0
  const write = async () => {
    if (++writes === 2) throw systemError('ENOSPC')
  }
  const { file, events, failures } = await open({ write })
  await file.append(Readable.from([Buffer.from('abc')]), () => 1)
  await file.append(Readable.from([Buffer.from('def')]), () => 2)
  await atRest(() => failures.length)
  t.strictSame([file.bytes, file.rows], [13, 1])
  const failure = { code: 'ERR_SPILLWAY_IO', cause: { code: 'ENOSPC' }, place: { path: '/x' } }
  t.match(failures, [failure])
  await t.rejects(file.append(Readable.from([Buffer.from('g')])), failure)
  await t.rejects(file.settle(), failure)
  await t.rejects(file.close(), failure)
  t.strictSame(events, ['truncate 13', 'close'])
})

t.test('syncs while writing continues, and waits for the sync before it closes', async (t) => {
  const gate = makeDeferred<void>()
  let syncs = 0
  const { file, events } = await open({ sync: () => (++syncs === 1 ? gate.promise : Promise.resolve()) })
  const megabyte = Buffer.alloc(1024 * 1024)
  for (let n = 0; n < 40; n++) await file.append(Readable.from([megabyte]))
  t.equal(syncs, 1, 'one at a time')
  let closed = false
  const closing = file.close().then(() => {
    closed = true
  })
  await atRest(() => syncs)
  t.notOk(closed)
  t.notOk(events.includes('close'))
  gate.resolve()
  await closing
  t.equal(syncs, 2)
  t.equal(events.at(-1), 'close')
})

t.test('fails at once when a sync fails', async (t) => {
  const { file, failures } = await open({ sync: () => Promise.reject(systemError('EIO')) })
  const megabyte = Buffer.alloc(1024 * 1024)
  const failure = { code: 'ERR_SPILLWAY_IO', message: /Cannot sync/, cause: { code: 'EIO' } }
  for (let n = 0; n < 16; n++) await file.append(Readable.from([megabyte]))
  await atRest(() => failures.length)
  t.match(failures, [failure])
  await t.rejects(file.append(Readable.from([megabyte])), failure)
  await t.rejects(file.close(), failure)
})

t.test('does not hide an earlier failure when the close fails', async (t) => {
  const close = () => Promise.reject(systemError('EBADF'))
  const { file } = await open({ sync: () => Promise.reject(systemError('EIO')), close })
  await t.rejects(file.close(), { cause: { code: 'EIO' } })
  const other = await open({ close })
  await t.rejects(other.file.close(), { message: /Cannot close/, cause: { code: 'EBADF' } })
})

t.test('reports why a file cannot be opened', async (t) => {
  const failing = (code: string) =>
    OpenFile.open(
      '/x',
      'create',
      () => Promise.reject(systemError(code)),
      () => {},
    )
  await t.rejects(failing('EEXIST'), { code: 'ERR_SPILLWAY_EXISTS', message: /onExisting/ })
  await t.rejects(failing('EMFILE'), { code: 'ERR_SPILLWAY_IO', message: /ulimit -n/ })
  await t.rejects(failing('EWHAT'), { message: 'Cannot open /x: EWHAT: simulated' })
})
