import { join } from 'node:path'
import { truncateSync } from 'node:fs'
import t from 'tap'
import { FileSlices } from '../../../sinks/files/file-slices.ts'

t.test('reads bytes at any offset', async (t) => {
  const slices = await FileSlices.open(join(t.testdir({ a: '0123456789' }), 'a'))
  t.equal(slices.byteLength, 10)
  t.equal(Buffer.from(await slices.slice(2, 5)).toString(), '234')
  t.equal(Buffer.from(await slices.slice(8)).toString(), '89')
  t.equal((await slices.slice(3, 3)).byteLength, 0)
  await slices.close()
})

t.test('refuses bytes outside of the file', async (t) => {
  const path = join(t.testdir({ a: '0123456789' }), 'a')
  const slices = await FileSlices.open(path)
  await t.rejects(slices.slice(5, 11), RangeError)
  await t.rejects(slices.slice(-1, 3), RangeError)
  await t.rejects(slices.slice(5, 3), RangeError)
  truncateSync(path, 4)
  await t.rejects(slices.slice(2, 8), { message: /has become shorter/ })
  await slices.close()
})

t.test('reports the path of a file that cannot be opened', async (t) => {
  const path = join(t.testdir(), 'none')
  await t.rejects(FileSlices.open(path), { code: 'ERR_SPILLWAY_IO', place: { path }, message: /ENOENT/ })
})
