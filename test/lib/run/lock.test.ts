import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { LOCK_FILE, RunLock } from '../../../lib/run/lock.ts'
import { expectOneOwner } from '../../helpers/lock-race.ts'
import { nodeArgs } from '../../helpers/node-process.ts'

const locking = `
import { RunLock } from ${JSON.stringify(new URL('../../../lib/run/lock.ts', import.meta.url).href)}
await RunLock.take(process.argv[1])
console.log('taken')
setInterval(() => {}, 1000)
`

/** Starts a process that holds the lock of a directory. */
async function owner(directory: string) {
  const args = [...nodeArgs, '--input-type=module', '-e', locking, directory]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

t.test('a lock can be taken once, and again after its release', async (t) => {
  const directory = t.testdir()
  const lock = await RunLock.take(directory)
  await t.rejects(RunLock.take(directory), { code: 'ERR_SPILLWAY_LOCKED', place: { path: join(directory, LOCK_FILE) } })
  await lock[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
  await (await RunLock.take(directory))[Symbol.asyncDispose]()
})

t.test('of many simultaneous attempts only one takes the lock', async (t) => {
  const directory = t.testdir()
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => RunLock.take(directory)))
  t.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const lock of asked) if (lock.status === 'fulfilled') await lock.value[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
})

t.test('the lock of a running process is kept, and that of a killed process is replaced', async (t) => {
  const directory = t.testdir()
  const child = await owner(directory)
  await t.rejects(RunLock.take(directory), { code: 'ERR_SPILLWAY_LOCKED', message: new RegExp(`process ${child.pid}`) })
  child.kill('SIGKILL')
  await once(child, 'close')
  const asked = await Promise.allSettled(Array.from({ length: 10 }, () => RunLock.take(directory)))
  t.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const lock of asked) if (lock.status === 'fulfilled') await lock.value[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
})

t.test('of many simultaneous attempts to replace an old lock only one succeeds', async (t) => {
  await expectOneOwner(t, 50)
})

t.test('a lock from before a reboot, or of an ended process with the same id, is replaced', async (t) => {
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  const lock = await RunLock.take(directory)
  const held = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  await lock[Symbol.asyncDispose]()
  const strangers = [
    { ...held, boot: 'another boot' },
    { ...held, began: '1' },
    { ...held, pid: 2 ** 22 + 5 },
    { pid: -1, host: hostname() },
    'no owner',
  ]
  for (const stranger of strangers) {
    writeFileSync(path, JSON.stringify(stranger))
    await (await RunLock.take(directory))[Symbol.asyncDispose]()
  }
  writeFileSync(path, '{')
  await (await RunLock.take(directory))[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
})

/** A directory that a process on another machine has locked. */
function heldElsewhere(t: Test): { directory: string; path: string } {
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  writeFileSync(path, JSON.stringify({ host: 'elsewhere', boot: '', pid: process.pid, began: '' }))
  return { directory, path }
}

/** Moves a mocked clock on until `promise` settles, and returns how far. */
async function passTime(promise: Promise<unknown>, everyTick = () => {}): Promise<number> {
  let isSettled = false
  promise.catch(() => {}).finally(() => (isSettled = true))
  for (let elapsedMs = 0; ; elapsedMs += 100) {
    if (isSettled) return elapsedMs
    everyTick()
    mock.timers.tick(100)
    await setImmediate()
  }
}

t.test('an owner on another machine that does not touch its lock for six seconds is gone', async (t) => {
  const { directory } = heldElsewhere(t)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const taking = RunLock.take(directory)
  t.ok((await passTime(taking)) >= 6000)
  await (await taking)[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
})

t.test('an owner on another machine that touches its lock keeps it', async (t) => {
  const { directory, path } = heldElsewhere(t)
  const before = readFileSync(path, 'utf8')
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const taking = RunLock.take(directory)
  let seconds = 0
  await passTime(taking, () => utimesSync(path, ++seconds, seconds))
  await t.rejects(taking, { code: 'ERR_SPILLWAY_LOCKED', message: /is held by process \d+ on elsewhere/ })
  t.strictSame(readdirSync(directory), [LOCK_FILE])
  t.equal(readFileSync(path, 'utf8'), before)
})

t.test('an owner touches its lock every two seconds, until it gives it back', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  const lock = await RunLock.take(directory)
  for (let beat = 0; beat < 2; beat++) {
    utimesSync(path, 0, 0)
    mock.timers.tick(1999)
    t.equal(statSync(path).mtimeMs, 0)
    mock.timers.tick(1)
    while (statSync(path).mtimeMs === 0) await setImmediate()
  }
  await lock[Symbol.asyncDispose]()
  writeFileSync(path, 'of another')
  utimesSync(path, 0, 0)
  mock.timers.tick(10_000)
  for (let turn = 0; turn < 100; turn++) await setImmediate()
  t.equal(statSync(path).mtimeMs, 0)
})

t.test('gives back no lock that another owner has taken', async (t) => {
  const directory = t.testdir()
  const lock = await RunLock.take(directory)
  writeFileSync(join(directory, LOCK_FILE), 'of another')
  await lock[Symbol.asyncDispose]()
  t.equal(readFileSync(join(directory, LOCK_FILE), 'utf8'), 'of another')
})
