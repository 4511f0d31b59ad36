import t from 'tap'
import { WriteRoom } from '../../sinks/write-room.ts'

const MEGABYTE = 1024 * 1024

t.test('puts bytes together, in their order', async (t) => {
  const room = new WriteRoom()
  t.ok(room.add(Buffer.from('text é😀\n')))
  t.ok(room.add(Uint8Array.of(1, 2)))
  t.ok(room.add(new Uint8Array(0)))
  t.ok(room.add(Buffer.from('more')))
  const expected = Buffer.concat([Buffer.from('text é😀\n'), Buffer.from([1, 2]), Buffer.from('more')])
  t.equal(room.length, expected.length)
  t.ok(expected.equals(room.take()))
  t.equal(room.length, 0)
})

t.test('copies what it is given', async (t) => {
  const room = new WriteRoom()
  const bytes = Buffer.from('abc')
  room.add(bytes)
  bytes.fill(0)
  t.equal(Buffer.from(room.take()).toString(), 'abc')
})

t.test('is full at a megabyte, but takes one larger piece', async (t) => {
  const room = new WriteRoom()
  t.ok(room.add(Buffer.alloc(MEGABYTE - 1, 1)))
  t.notOk(room.add(Buffer.alloc(2)))
  t.ok(room.add(Buffer.alloc(1)))
  t.notOk(room.add(Buffer.alloc(1)))
  t.equal(room.take().length, MEGABYTE)
  t.ok(room.add(Buffer.alloc(3 * MEGABYTE, 7)))
  t.notOk(room.add(Buffer.alloc(1)))
  const large = room.take()
  t.equal(large.length, 3 * MEGABYTE)
  t.ok(large.every((byte) => byte === 7))
  t.ok(room.add(Buffer.from('again')))
  t.equal(Buffer.from(room.take()).toString(), 'again')
})
