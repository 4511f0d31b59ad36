import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { closeIterator } from '../../../lib/core/close-iterator.ts'

/** An iterator whose `return` does what the test says. */
const iteratorThat = (end: () => unknown) =>
  ({ next: () => ({ done: true }), return: end }) as unknown as Iterator<unknown>

t.test('lets a generator release what it holds', async (t) => {
  const released: string[] = []
  function* numbers() {
    try {
      yield 1
    } finally {
      released.push('plain')
    }
  }
  async function* later() {
    try {
      yield 1
    } finally {
      released.push('async')
    }
  }
  const [plain, asynchronous] = [numbers(), later()]
  plain.next()
  await asynchronous.next()
  closeIterator(plain)
  closeIterator(asynchronous)
  await setImmediate()
  t.strictSame(released, ['plain', 'async'])
})

t.test('does not wait for an iterator that hangs', async (t) => {
  let calls = 0
  closeIterator(
    iteratorThat(() => {
      calls += 1
      return new Promise(() => {})
    }),
  )
  t.equal(calls, 1)
})

t.test('takes an iterator that cannot be closed', async (t) => {
  t.doesNotThrow(() => closeIterator({ next: () => ({ done: true, value: undefined }) }))
})

t.test('drops what an iterator throws on its way out', async (t) => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  t.teardown(() => process.off('unhandledRejection', listener))
  closeIterator(
    iteratorThat(() => {
      throw new Error('at once')
    }),
  )
  closeIterator(iteratorThat(() => Promise.reject(new Error('later'))))
  await setImmediate()
  await setImmediate()
  t.strictSame(unhandled, [])
})
