import t from 'tap'
import { GrowingBuffer } from '../../../transforms/parsing/growing-buffer.ts'

t.test('contains the appended bytes without the removed ones', async (t) => {
  const buffer = new GrowingBuffer()
  for (let i = 0; i < 1000; i++) buffer.append(Buffer.from([i % 256]))
  t.equal(buffer.length, 1000)
  buffer.drop(998)
  t.strictSame([...buffer.view()], [998 % 256, 999 % 256])
  buffer.drop(0)
  buffer.append(Buffer.from([7]))
  t.strictSame([...buffer.view()], [998 % 256, 999 % 256, 7])
})

t.test('releases a large capacity when it is cleared', async (t) => {
  const buffer = new GrowingBuffer()
  buffer.append(Buffer.alloc(1_000_000))
  t.ok(buffer.view().buffer.byteLength >= 1_000_000)
  buffer.clear()
  t.equal(buffer.length, 0)
  t.equal(buffer.view().buffer.byteLength, 0)
})

t.test('copies the bytes', async (t) => {
  const buffer = new GrowingBuffer()
  const bytes = Buffer.from('abc')
  buffer.append(bytes)
  bytes.fill('x')
  t.equal(buffer.view().toString(), 'abc')
})
