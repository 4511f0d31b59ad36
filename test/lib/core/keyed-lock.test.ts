import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { makeDeferred } from '../../../lib/core/deferred.ts'
import { KeyedLock } from '../../../lib/core/keyed-lock.ts'

t.test('work of one key runs in sequence, in the order of the calls', async (t) => {
  const lock = new KeyedLock()
  const steps: string[] = []
  await Promise.all(
    ['a', 'b', 'c'].map((name, i) =>
      lock.run('key', async () => {
        steps.push(`${name} begins`)
        for (let turns = i; turns < 3; turns++) await setImmediate()
        steps.push(`${name} ends`)
      }),
    ),
  )
  t.strictSame(steps, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

t.test('work of another key does not wait', async (t) => {
  const lock = new KeyedLock()
  const gate = makeDeferred<number>()
  const held = lock.run('a', () => gate.promise)
  t.equal(await lock.run('b', () => Promise.resolve(2)), 2)
  gate.resolve(1)
  t.equal(await held, 1)
})

t.test('work that rejects or throws fails only its own caller', async (t) => {
  const lock = new KeyedLock()
  const failed = lock.run('a', () => Promise.reject(new Error('first')))
  const thrown = lock.run('a', () => {
    throw new Error('second')
  })
  const next = lock.run('a', () => Promise.resolve(3))
  await t.rejects(failed, { message: 'first' })
  await t.rejects(thrown, { message: 'second' })
  t.equal(await next, 3)
})

t.test('work that is requested while other work of the key ends does not overlap with it', async (t) => {
  const lock = new KeyedLock()
  let running = 0
  const work = async () => {
    running += 1
    t.equal(running, 1)
    await setImmediate()
    running -= 1
  }
  const chain = async () => {
    for (let i = 0; i < 20; i++) await lock.run('a', work)
  }
  await Promise.all([chain(), chain(), chain()])
})
