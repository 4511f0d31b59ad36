import { Writable } from 'node:stream'
import t from 'tap'
import { queuedChunks } from '../../../lib/core/queued-chunks.ts'

t.test('returns the chunks that a Writable has not started to write, in order', async (t) => {
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

t.test('returns all chunks while the stream is not constructed yet', async (t) => {
  const stream = new Writable({ objectMode: true, construct: () => {}, write: () => {} })
  stream.write(1)
  stream.write(2)
  t.strictSame(queuedChunks(stream), [1, 2])
})
