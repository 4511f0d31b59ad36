import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import t from 'tap'
import { DeadLetterFile, deadLetterLine } from '../../sinks/dead-letter-file.ts'
import { openFileTarget } from '../../sinks/files/file-target.ts'
import { faultyTarget } from '../../lib/testing/faulty-target.ts'

const rejection = (record: unknown) => ({ stage: 'encode', reason: 'because', record }) as const

function describedRecord(record: unknown): unknown {
  return JSON.parse(deadLetterLine(rejection(record))).record
}

t.test('creates the file with the first rejection', async (t) => {
  const path = join(t.testdir(), 'deep', 'dead-letter.jsonl')
  const letters = new DeadLetterFile(path, 'error', openFileTarget)
  await letters.prepare()
  await letters.flush(true)
  t.equal(existsSync(path), false)
  await Promise.all([1, 2, 3].map((n) => letters.add(rejection({ n }))))
  await letters.flush(false)
  t.equal(readFileSync(path, 'utf8').split('\n').length, 4)
  await letters.close()
  await letters.add(rejection({ n: 4 }))
  await letters.close()
  t.strictSame(
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).record.n),
    [1, 2, 3, 4],
  )
  t.equal(letters.count, 4)
})

t.test('handles the dead letters of an earlier run according to onExisting', async (t) => {
  const path = join(t.testdir({ letters: '{"torn":' }), 'letters')
  await t.rejects(new DeadLetterFile(path, 'error', openFileTarget).prepare(), { code: 'ERR_SPILLWAY_EXISTS' })
  const adding = new DeadLetterFile(path, 'append', openFileTarget)
  await adding.prepare()
  await adding.add(rejection(5))
  await adding.close()
  t.match(readFileSync(path, 'utf8').split('\n'), ['{"torn":', /"record":5/, ''])
  await new DeadLetterFile(path, 'overwrite', openFileTarget).prepare()
  t.equal(existsSync(path), false)
})

t.test('reports its path when it fails', async (t) => {
  const path = join(t.testdir(), 'letters')
  const openTarget = faultyTarget({ write: { code: 'ENOSPC' } })
  const letters = new DeadLetterFile(path, 'error', openTarget)
  await letters.add(rejection(1))
  await t.rejects(letters.flush(false), { code: 'ERR_SPILLWAY_IO', place: { path } })
  await t.rejects(letters.close(), { code: 'ERR_SPILLWAY_IO' })
})

t.test('publishes each rejection', async (t) => {
  const published: unknown[] = []
  const listen = (message: unknown) => {
    published.push(message)
  }
  subscribe('spillway:record:rejected', listen)
  t.teardown(() => unsubscribe('spillway:record:rejected', listen))
  const path = join(t.testdir(), 'letters')
  const letters = new DeadLetterFile(path, 'error', openFileTarget, 'run')
  const one = rejection({ n: 1 })
  await letters.add(one)
  await letters.close()
  t.strictSame(published, [{ phase: null, ...one, workflowId: 'run', path }])
})

t.test('describes values that JSON cannot represent', async (t) => {
  writeFileSync(join(t.testdir(), 'x'), '')
  const cyclic: Record<string, unknown> = { n: 1 }
  cyclic['self'] = cyclic
  t.strictSame(describedRecord({ f: () => 0, s: Symbol('s'), m: new Map(), d: new Date(NaN), b: 5n, i: -Infinity }), {
    f: '<a function>',
    s: '<a symbol>',
    m: '<a Map>',
    d: '<an invalid Date>',
    b: '<bigint 5>',
    i: '<-Infinity>',
  })
  t.strictSame(describedRecord(cyclic), { n: 1, self: '<a cycle>' })
  t.strictSame(describedRecord({ bytes: Uint8Array.of(1), at: new Date(0), list: [undefined, () => 0] }), {
    bytes: '<bytes AQ==>',
    at: '1970-01-01T00:00:00.000Z',
    list: [null, '<a function>'],
  })
  t.equal(deadLetterLine(rejection(JSON.parse('{"__proto__":1}'))).includes('{"__proto__":1}'), true)
})

t.test('describes the readable fields of a record that throws', async (t) => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const record = {
    ok: 1,
    get bad() {
      throw new Error('no')
    },
    proxy,
  }
  t.strictSame(describedRecord(record), { ok: 1, bad: '<unreadable>', proxy: '<unreadable>' })
  t.equal(describedRecord(proxy), '<unreadable>')
})
