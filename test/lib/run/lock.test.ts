import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LOCK_FILE, RunLock } from '../../../lib/run/lock.ts'
import { nodeArgs, nodeEnv } from '../../helpers/node-process.ts'

const locking = `
import { RunLock } from ${JSON.stringify(new URL('../../../lib/run/lock.ts', import.meta.url).href)}
await RunLock.take(process.argv[1])
console.log('taken')
setInterval(() => {}, 1000)
`

/** A process that holds the lock of a directory. */
async function owner(directory: string) {
  const args = [...nodeArgs, '--input-type=module', '-e', locking, directory]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: nodeEnv,
  })
  await once(child.stdout, 'data')
  return child
}

t.test('a lock is taken once, and given back', async (t) => {
  const directory = t.testdir()
  const lock = await RunLock.take(directory)
  await t.rejects(RunLock.take(directory), { code: 'ERR_SPILLWAY_LOCKED', place: { path: join(directory, LOCK_FILE) } })
  await lock[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
  await (await RunLock.take(directory))[Symbol.asyncDispose]()
})

t.test('of many who ask at once one gets it', async (t) => {
  const directory = t.testdir()
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => RunLock.take(directory)))
  t.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const lock of asked) if (lock.status === 'fulfilled') await lock.value[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
})

t.test('a process that lives keeps it, and one that was killed leaves none behind', async (t) => {
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

t.test('of many who find an owner gone one takes its place, however they meet', async (t) => {
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

t.test('neither a reboot nor another process of the same number is an owner', async (t) => {
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  const lock = await RunLock.take(directory)
  const held = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  await lock[Symbol.asyncDispose]()
  const strangers = [
    { ...held, boot: 'of another day' },
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

t.test('an owner on another machine is gone when it does not say that it lives', async (t) => {
  const directory = t.testdir()
  const path = join(directory, LOCK_FILE)
  writeFileSync(path, JSON.stringify({ host: 'elsewhere', boot: '', pid: process.pid, began: '' }))
  await (await RunLock.take(directory))[Symbol.asyncDispose]()
  t.strictSame(readdirSync(directory), [])
})
