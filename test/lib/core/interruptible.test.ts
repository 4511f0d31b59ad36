import { getEventListeners } from 'node:events'
import t from 'tap'
import { Interruptible } from '../../../lib/core/interruptible.ts'

t.test('wait settles as its promise does', async (t) => {
  using interruptible = new Interruptible(new AbortController().signal)
  t.equal(await interruptible.wait(Promise.resolve(1)), 1)
  await t.rejects(interruptible.wait(Promise.reject(new Error('no'))), { message: 'no' })
})

t.test('an abort ends the wait for a promise that never settles', async (t) => {
  const controller = new AbortController()
  using interruptible = new Interruptible(controller.signal)
  const wait = interruptible.wait(new Promise(() => {}))
  controller.abort(new Error('stop'))
  await t.rejects(wait, { message: 'stop' })
  await t.rejects(interruptible.wait(Promise.resolve(1)), { message: 'stop' }, 'every later wait fails, too')
})

t.test('leaves no listener behind', async (t) => {
  const { signal } = new AbortController()
  {
    using interruptible = new Interruptible(signal)
    for (let i = 0; i < 100; i++) await interruptible.wait(Promise.resolve(i))
    t.equal(getEventListeners(signal, 'abort').length, 1)
  }
  t.equal(getEventListeners(signal, 'abort').length, 0)
})
