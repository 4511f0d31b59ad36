import { once } from 'node:events'
import { Readable } from 'node:stream'
import t from 'tap'
import { SpillwayError } from '../../../lib/core/errors.ts'
import type { ResultRecord } from '../../../lib/core/record.ts'
import { closeStream, rowBatches, type RowSource } from '../../../lib/outputs/row-batches.ts'

async function batchesOf(source: RowSource): Promise<ResultRecord[][]> {
  const batches: ResultRecord[][] = []
  for await (const batch of rowBatches(source, 'p')) batches.push(batch)
  return batches
}

async function sizesOf(source: RowSource): Promise<number[]> {
  return (await batchesOf(source)).map((batch) => batch.length)
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))

t.test('batches are full and in order, for any size of the chunks', async (t) => {
  const rows = numbers(600)
  for (const chunks of [rows, [rows], [rows.slice(0, 300), ...rows.slice(300, 302), [], rows.slice(302)]]) {
    const batches = await batchesOf(chunks)
    t.strictSame(
      batches.map((batch) => batch.length),
      [256, 256, 88],
    )
    t.strictSame(batches.flat(), rows)
  }
  t.strictSame(await sizesOf([]), [])
  t.strictSame(await sizesOf([[], []]), [])
})

t.test('batches have a limit of bytes, which counts nested values', async (t) => {
  const text = 'x'.repeat(100 * 1024)
  const bytes = new Uint8Array(100 * 1024)
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const rows: [string, unknown][] = [
    ['text', text],
    ['nested text', [{ deep: text }]],
    ['bytes', { bytes }],
    ['a buffer', [bytes.buffer]],
    ['a Map', new Map([[1, text]])],
    ['a Set', new Set([[text]])],
    ['many small ones', Array.from({ length: 6600 }, () => 1)],
  ]
  for (const [name, value] of rows) t.strictSame(await sizesOf(Array(7).fill({ value })), [3, 3, 1], name)
  t.strictSame(await sizesOf([{ circle }, { circle }]), [1, 1], 'a row with a circular reference ends a batch')
  const getter = {
    get broken(): never {
      throw new Error('broken')
    },
  }
  t.strictSame(await sizesOf([getter, getter]), [1, 1], 'a row with a getter that throws ends a batch, too')
})

t.test('reads no more rows from the source than one batch needs', async (t) => {
  let made = 0
  const endless = function* () {
    for (;;) yield { n: made++ }
  }
  const batches = rowBatches(endless(), 'p')
  await batches.next()
  t.equal(made, 256)
  await batches.return()
})

t.test('an element that is not a row is an error with its index', async (t) => {
  for (const [chunk, shown] of [
    [5, '5 \\(number\\)'],
    [null, 'null'],
    [new Date(0), '.+'],
    [new Map(), '.+'],
    [[[{}]], '.+'],
    [Buffer.from('x'), '.+'],
  ] as const) {
    await t.rejects(batchesOf([{ n: 1 }, [{ n: 2 }], chunk]), {
      code: 'ERR_SPILLWAY_OUTPUT',
      message: new RegExp(`^The output of phase "p" cannot be stored: .*output\\[2\\] is ${shown}, not a row`),
      place: { phase: 'p', record: 3 },
    })
  }
})

t.test('the error of a failed source names the phase; an AbortError is passed on unchanged', async (t) => {
  const failing = async function* (error: unknown) {
    yield { n: 1 }
    throw error
  }
  const cause = new Error('cut off')
  const expected = {
    code: 'ERR_SPILLWAY_OUTPUT',
    message: /phase "p" .*failed: cut off$/,
    cause,
    place: { phase: 'p' },
  }
  await t.rejects(batchesOf(failing(cause)), expected)
  await t.rejects(batchesOf(failing('a string')), { message: /failed: a string$/ })
  const ours = new SpillwayError('ERR_SPILLWAY_INPUT', 'line 3 is torn', { place: { path: 'x', phase: 'other' } })
  await t.rejects(batchesOf(failing(ours)), { code: 'ERR_SPILLWAY_INPUT', place: { path: 'x', phase: 'p' } })
  const abort = AbortSignal.abort().reason as Error
  t.equal(await batchesOf(failing(abort)).catch((error: unknown) => error), abort)

  const destroyed = Readable.from([{ n: 1 }])
  destroyed.destroy()
  await once(destroyed, 'close')
  await t.rejects(batchesOf(destroyed), { code: 'ERR_SPILLWAY_OUTPUT' })
})

t.test('closes its source when the reader stops, and after an element that is not a row', async (t) => {
  const source = Readable.from(numbers(1000))
  for await (const _batch of rowBatches(source, 'p')) break
  t.ok(source.destroyed)
  const wrong = Readable.from([5, 6])
  await t.rejects(batchesOf(wrong))
  t.ok(wrong.destroyed)
})

t.test('closeStream closes streams that were never read, and ignores other values', async (t) => {
  const readable = Readable.from([])
  closeStream(readable)
  closeStream(readable)
  t.ok(readable.destroyed)
  let canceled = false
  const web = new ReadableStream({
    cancel: () => {
      canceled = true
      throw new Error('not me')
    },
  })
  closeStream(web)
  t.ok(canceled)
  const locked = new ReadableStream()
  locked.getReader()
  closeStream(locked)
  for (const value of [null, undefined, 5, 'x', {}, [], { destroy: () => t.fail('not a stream') }]) closeStream(value)
})
