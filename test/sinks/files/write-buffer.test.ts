import t from 'tap'
import { WriteBuffer } from '../../../sinks/files/write-buffer.ts'

const MEGABYTE = 1024 * 1024

t.test('joins pieces in order', async (t) => {
  const room = new WriteBuffer()
  const pieces = [Buffer.from('text'), Uint8Array.of(1, 2), new Uint8Array(0), Buffer.alloc(100_000, 'more')]
  for (const piece of pieces) t.ok(room.add(piece))
  t.ok(Buffer.concat(pieces).equals(room.bytes))
  t.equal(room.length, 100_006)
  room.clear()
  t.equal(room.length, 0)
  room.add(Buffer.from('again'))
  t.equal(Buffer.from(room.bytes).toString(), 'again')
})

t.test('copies the pieces', async (t) => {
  const room = new WriteBuffer()
  const bytes = Buffer.from('abc')
  room.add(bytes)
  bytes.fill(0)
  t.equal(Buffer.from(room.bytes).toString(), 'abc')
})

t.test('has room for 1 MB', async (t) => {
  const room = new WriteBuffer()
  t.notOk(room.add(Buffer.alloc(MEGABYTE + 1)))
  t.ok(room.add(Buffer.alloc(MEGABYTE - 1, 1)))
  t.notOk(room.add(Buffer.alloc(2)))
  t.ok(room.add(Buffer.alloc(1, 1)))
  t.notOk(room.add(Buffer.alloc(1)))
  t.equal(room.length, MEGABYTE)
  t.ok(room.bytes.every((byte) => byte === 1))
})
