import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LOCK_FILE, RunLock } from '../../../lib/run/lock.ts'

const locking = `
import { RunLock } from ${JSON.stringify(new URL('../../../lib/run/lock.ts', import.meta.url).href)}
await RunLock.take(process.argv[1])
console.log('taken')
setInterval(() => {}, 1000)
`

/** Starts a process that holds the lock of a directory. */
async function owner(directory: string) {
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', locking, directory]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
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
  const directory = t.testdir()
  let owners = 0
  for (let round = 0; round < 200; round++) {
    writeFileSync(join(directory, LOCK_FILE), 'no owner')
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => RunLock.take(directory)))
    for (const lock of asked) {
      if (lock.status === 'fulfilled') owners++
      else if (lock.reason.code !== 'ERR_SPILLWAY_LOCKED') throw lock.reason
    }
    for (const lock of asked) if (lock.status === 'fulfilled') await lock.value[Symbol.asyncDispose]()
  }
  t.equal(owners, 200)
  t.strictSame(readdirSync(directory), [])
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

t.test('the lock of another machine is replaced when its file is not updated', async (t) => {
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  writeFileSync(path, JSON.stringify({ host: 'elsewhere', boot: '', pid: process.pid, began: '' }))
  await (await RunLock.take(directory))[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
})
