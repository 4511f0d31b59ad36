import { Writable } from 'node:stream'
import t from 'tap'
import { queuedChunks } from '../../../lib/core/queued-chunks.ts'

t.test('finds what a Writable has not begun to write, in order', async (t) => {
  const callbacks: (() => void)[] = []
  const stream = new Writable({
    objectMode: true,
    write: (_chunk, _encoding, callback) => void callbacks.push(callback),
  })
  t.strictSame(queuedChunks(stream), [])
  for (const n of [1, 2, 3]) stream.write(n)
  t.strictSame(queuedChunks(stream), [2, 3], 'the first is being written')
  callbacks.shift()?.()
  await new Promise(setImmediate)
  t.strictSame(queuedChunks(stream), [3])
  stream.destroy()
})

t.test('finds all of it before the stream is constructed', async (t) => {
  const stream = new Writable({ objectMode: true, construct: () => {}, write: () => {} })
  stream.write(1)
  stream.write(2)
  t.strictSame(queuedChunks(stream), [1, 2])
})
