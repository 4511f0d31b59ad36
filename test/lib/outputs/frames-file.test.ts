import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { FramesWriter, readFrames } from '../../../lib/outputs/frames-file.ts'
import { NewFiles, type NewFile } from '../../../lib/outputs/new-files.ts'
import { atRest, openResources } from '../../helpers/leaks.ts'
import type { ByteSource } from '../../../sinks/files/file-slices.ts'

async function write(file: NewFile, payloads: readonly Uint8Array[]): Promise<Uint8Array> {
  const writer = new FramesWriter(file)
  for (const payload of payloads) await writer.write(payload)
  await writer.finish()
  const { bytes } = file.stored
  const written = readFileSync(file.path)
  if (written.length !== bytes) throw new Error('the size of the file differs from the recorded size')
  return written
}

function sourceOf(bytes: Uint8Array): ByteSource {
  const { buffer } = new Uint8Array(bytes)
  return { byteLength: bytes.length, slice: (start, end) => buffer.slice(start, end) }
}

async function read(bytes: Uint8Array): Promise<Uint8Array[]> {
  const payloads: Uint8Array[] = []
  for await (const payload of readFrames(sourceOf(bytes), 'the file')) payloads.push(payload)
  return payloads
}

t.test('payloads are read as they were written, one by one', async (t) => {
  const directory = t.testdir()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (payloads) => {
      t.strictSame(await read(await write(new NewFiles(directory).make('rest.frames'), payloads)), payloads)
    }),
    { numRuns: 30 },
  )
})

t.test('a payload can be larger than one write', async (t) => {
  const large = Buffer.alloc(20 * 1024 * 1024, 'abc')
  const small = Buffer.from('small')
  const [first, second] = await read(await write(new NewFiles(t.testdir()).make('rest.frames'), [large, small]))
  t.ok(large.equals(first ?? small))
  t.ok(small.equals(second ?? large))
})

t.test('the file starts with its format and version', async (t) => {
  const bytes = await write(new NewFiles(t.testdir()).make('rest.frames'), [])
  t.strictSame(Buffer.from(bytes), Buffer.from('SPILLWAY\u0001\0\0\0', 'latin1'))
})

t.test('a damaged or truncated file fails at the damage, after the payloads before it', async (t) => {
  const payloads = [Buffer.from('first'), Buffer.from('second')]
  const bytes = Buffer.from(await write(new NewFiles(t.testdir()).make('rest.frames'), payloads))
  const flipped = (at: number) => {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
  const cases: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /it does not start with the header of an output file/],
    [bytes.subarray(0, 10), /it does not start/],
    [flipped(0), /it does not start/],
    [flipped(9), /its format has version 257, not 1/],
    [flipped(14), /it ends inside a frame/],
    [flipped(16), /the frame at byte 12 does not match its checksum/],
    [flipped(20), /the frame at byte 12/],
    [flipped(bytes.length - 1), /the frame at byte 25/],
    [bytes.subarray(0, -1), /it ends inside a frame/],
    [bytes.subarray(0, 27), /it ends inside a frame/],
  ]
  for (const [damaged, problem] of cases) {
    await t.rejects(read(damaged), { code: 'ERR_SPILLWAY_OUTPUT', message: problem, place: { path: 'the file' } })
  }
  const frames = readFrames(sourceOf(flipped(bytes.length - 1)), 'the file')
  t.strictSame(await frames.next(), { done: false, value: new Uint8Array(payloads[0] ?? []) })
  await t.rejects(frames.next())
})

t.test('an existing file is not overwritten, and no file stays open', async (t) => {
  const file = new NewFiles(t.testdir()).make('rest.frames')
  writeFileSync(file.path, 'mine')
  const { files } = openResources()
  const writer = new FramesWriter(file)
  await t.rejects(writer.write(Buffer.from('x')), { code: 'ERR_SPILLWAY_EXISTS' })
  await writer.abandon()
  t.equal(readFileSync(file.path, 'utf8'), 'mine')

  const abandoned = new FramesWriter(new NewFiles(join(file.path, '..')).make('rest.frames'))
  await abandoned.write(Buffer.from('x'))
  await abandoned.abandon()
  t.equal(await atRest(() => openResources().files), files)
})
