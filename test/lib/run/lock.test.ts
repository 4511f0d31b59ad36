import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { LOCK_FILE, RunLock } from '../../../lib/run/lock.ts'
import { expectOneOwner } from '../../helpers/lock-race.ts'
import { nodeArgs } from '../../helpers/node-process.ts'

/** The functions that a test replaces. */
const files = fs as { [Name in 'link' | 'rename']: (from: string, to: string) => Promise<void> }

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
  t.strictSame(readdirSync(directory), [])
})

t.test('a lock that is half written is not replaced, and the remedy works', async (t) => {
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  const lock = await RunLock.take(directory)
  const whole = readFileSync(path, 'utf8')
  await lock[Symbol.asyncDispose]()
  for (const half of ['', '{', whole.slice(0, -1)]) {
    writeFileSync(path, half)
    const message = `${path} is half written: a process is taking the lock, or was stopped while it did. Try again. If this stays so, remove ${path}.`
    await t.rejects(RunLock.take(directory), { code: 'ERR_SPILLWAY_LOCKED', message, place: { path } })
    t.strictSame(readdirSync(directory), [LOCK_FILE])
    rmSync(path)
    await (await RunLock.take(directory))[Symbol.asyncDispose]()
  }
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

/** What can stand at the place of a lock and is none, with the reason that the error gives. */
const NO_LOCKS: Readonly<Record<string, [place: (path: string) => void, reason: RegExp]>> = {
  'a directory': [(path) => mkdirSync(path), /it is not a file/],
  'a dangling link': [(path) => symlinkSync('absent', path), /it is a symbolic link/],
  'a link to itself': [(path) => symlinkSync(LOCK_FILE, path), /it is a symbolic link/],
  'a link to a file': [(path) => symlinkSync('/proc/self/stat', path), /it is a symbolic link/],
}

for (const [what, [place, reason]] of Object.entries(NO_LOCKS)) {
  t.test(`${what} at the place of the lock is an error with a remedy`, async (t) => {
    const directory = t.testdir()
    const path = join(directory, LOCK_FILE)
    place(path)
    for (const name of ['take', 'takeToRead'] as const) {
      const error = { code: 'ERR_SPILLWAY_IO', place: { path } }
      await t.rejects(RunLock[name](directory), { ...error, message: reason })
      await t.rejects(RunLock[name](directory), { ...error, message: `then remove ${path}.` })
    }
    t.strictSame(readdirSync(directory), [LOCK_FILE])
  })
}

/** Runs `work` as a user who may not do everything. Permissions do not bind root. */
async function asUser(work: () => Promise<unknown>): Promise<void> {
  if (process.geteuid?.() !== 0) {
    await work()
    return
  }
  process.seteuid?.(65534)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}

/** A directory that every user can reach. */
function sharedDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-lock-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  return directory
}

const hasPermissions = process.platform !== 'win32'

t.test('a lock that this process may not read is an error with a remedy', { skip: !hasPermissions }, async (t) => {
  const directory = sharedDirectory(t)
  const path = join(directory, LOCK_FILE)
  writeFileSync(path, '{}')
  chmodSync(path, 0)
  chmodSync(directory, 0o777)
  await asUser(async () => {
    for (const name of ['take', 'takeToRead'] as const) {
      await t.rejects(RunLock[name](directory), {
        code: 'ERR_SPILLWAY_IO',
        message: /EACCES.*then remove/,
        place: { path },
      })
    }
  })
})

t.test('where no file can be created a reader needs no lock, but respects that of another process', async (t) => {
  if (!hasPermissions) return
  const directory = sharedDirectory(t)
  const path = join(directory, LOCK_FILE)
  chmodSync(directory, 0o555)
  await asUser(async () => {
    await t.rejects(RunLock.take(directory), { code: 'ERR_SPILLWAY_IO', message: /Cannot lock .*EACCES.*permissions/ })
    t.equal(await RunLock.takeToRead(directory), null)
  })
  chmodSync(directory, 0o777)
  const child = await owner(directory)
  chmodSync(directory, 0o555)
  await asUser(() => t.rejects(RunLock.takeToRead(directory), { code: 'ERR_SPILLWAY_LOCKED', place: { path } }))
  child.kill('SIGKILL')
  await once(child, 'close')
  await asUser(async () => t.equal(await RunLock.takeToRead(directory), null, 'its owner has ended'))
  t.strictSame(readdirSync(directory), [LOCK_FILE])
})

t.test('removes what a process left behind that was killed while it took the lock', async (t) => {
  const directory = t.testdir({ 'run.lock.txt': 'not ours', 'run.lock.0123456789abcdef': { file: '' } })
  const others = readdirSync(directory).sort()
  const ended = await owner(directory)
  ended.kill('SIGKILL')
  await once(ended, 'close')
  const endedText = readFileSync(join(directory, LOCK_FILE), 'utf8')
  const left = ['run.lock.00000000000000aa', 'run.lock.00000000000000ab.00000000000000ac']
  for (const name of left) writeFileSync(join(directory, name), endedText)
  writeFileSync(join(directory, 'run.lock.00000000000000ad'), '')
  const lock = await RunLock.take(directory)
  t.strictSame(readdirSync(directory).sort(), [LOCK_FILE, ...others].sort())

  const owned = 'run.lock.00000000000000ae'
  writeFileSync(join(directory, owned), readFileSync(join(directory, LOCK_FILE)))
  await lock[Symbol.asyncDispose]()
  await (await RunLock.take(directory))[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory).sort(), [...others, owned].sort(), 'the file of a running process stays')
})

t.test('a process whose file is removed while it takes the lock tries again', async (t) => {
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  for (const [name, text] of [['link'], ['rename', 'no owner']] as const) {
    if (text !== undefined) writeFileSync(path, text)
    const original = files[name]
    let calls = 0
    files[name] = async (from, to) => {
      if (++calls === 1) rmSync(from)
      await original(from, to)
    }
    syncBuiltinESMExports()
    try {
      await (await RunLock.take(directory))[Symbol.asyncDispose]()
    } finally {
      files[name] = original
      syncBuiltinESMExports()
    }
    t.equal(calls, 2, name)
    t.strictSame(readdirSync(directory), [])
  }
})
