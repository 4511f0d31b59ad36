import t from 'tap'
import { QueueKeepingWritable, queueOf } from '../../../lib/core/queue-keeping-writable.ts'

class Held extends QueueKeepingWritable {
  readonly callbacks: (() => void)[] = []

  constructor(construct?: () => void) {
    super({ objectMode: true, ...(construct && { construct }) })
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, callback: () => void): void {
    this.callbacks.push(callback)
  }
}

t.test('knows the chunks that it has not started to write, in order', async (t) => {
  const stream = new Held()
  t.strictSame(queueOf(stream), [])
  for (const n of [1, 2, 3]) stream.write(n)
  t.strictSame(queueOf(stream), [2, 3], 'the first is being written')
  stream.callbacks.shift()?.()
  await new Promise(setImmediate)
  t.strictSame(queueOf(stream), [3])
  stream.destroy()
})

t.test('keeps them when it is destroyed, until its owner removes them', async (t) => {
  const stream = new Held()
  for (const n of [1, 2, 3]) stream.write(n)
  stream.destroy()
  stream.destroy()
  t.strictSame(queueOf(stream), [2, 3])
  t.strictSame(queueOf(stream).splice(0), [2, 3])
  t.strictSame(queueOf(stream), [])
})

t.test('knows all chunks while it is not constructed yet', async (t) => {
  const stream = new Held(() => {})
  stream.write(1)
  stream.write(2)
  t.strictSame(queueOf(stream), [1, 2])
})
