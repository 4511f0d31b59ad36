import { once } from 'node:events'
import t from 'tap'
import type { ResultRecord } from '../../../lib/core/record.ts'
import type { RowsOptions } from '../../../lib/outputs/reference.ts'
import { resolveRowsOptions, rowsStream } from '../../../lib/outputs/rows-stream.ts'
import { abortListeners, atRest, closed } from '../../helpers/leaks.ts'

const BATCHES = [
  [
    { container: 'a', n: 1 },
    { container: 'b', n: 2 },
  ],
  [{ container: 'b', n: 3 }],
  [{ container: 7, n: 4 }, { n: 5 }],
]

function streamOf(options: RowsOptions = {}, batches: Iterable<ResultRecord[]> = BATCHES) {
  const seen = { signal: new AbortController().signal, closed: false }
  const read = async function* (signal: AbortSignal) {
    seen.signal = signal
    try {
      yield* batches
    } finally {
      seen.closed = true
    }
  }
  return { stream: rowsStream(read, resolveRowsOptions(options), 'container'), seen }
}

t.test('streams rows, or batches of rows, in their order', async (t) => {
  t.strictSame(await streamOf().stream.toArray(), BATCHES.flat())
  t.strictSame(await streamOf({ batches: true }).stream.toArray(), BATCHES)
})

t.test('streams the rows of one container, without empty batches', async (t) => {
  const b = [{ container: 'b', n: 2 }]
  t.strictSame(await streamOf({ container: 'b' }).stream.toArray(), [...b, { container: 'b', n: 3 }])
  t.strictSame(await streamOf({ container: 'b', batches: true }).stream.toArray(), [b, BATCHES[1]])
  t.strictSame(
    await streamOf({ container: '7' }).stream.toArray(),
    [{ container: 7, n: 4 }],
    'a number matches its text',
  )
  t.strictSame(await streamOf({ container: 'c', batches: true }).stream.toArray(), [])
})

t.test('a row whose container is missing or an object belongs to no container', async (t) => {
  const rows = [{}, { container: null }, { container: undefined }, { container: { toString: 1, valueOf: 1 } }]
  for (const container of ['undefined', 'null', '[object Object]']) {
    t.strictSame(await streamOf({ container }, [rows]).stream.toArray(), [])
  }
})

t.test('reads ahead of its reader by at most two batches', async (t) => {
  let made = 0
  const endless = function* () {
    for (;;) yield [{ n: made++ }]
  }
  const { stream } = streamOf({ batches: true }, endless())
  t.strictSame(stream.read(), null)
  await once(stream, 'readable')
  t.ok((await atRest(() => made)) <= 2)
  stream.destroy()
  await once(stream, 'close')
})

t.test('closing it early ends the reading and aborts its signal', async (t) => {
  const { stream, seen } = streamOf()
  for await (const _row of stream) break
  await closed(stream)
  t.ok(seen.signal.aborted)
  t.ok(seen.closed)
})

t.test('an abort destroys it with an AbortError, and no listener stays', async (t) => {
  const controller = new AbortController()
  const { stream } = streamOf({ signal: controller.signal })
  await once(stream, 'readable')
  controller.abort()
  await t.rejects(stream.toArray(), { name: 'AbortError' })
  const ended = streamOf({ signal: controller.signal }).stream
  await t.rejects(ended.toArray(), { name: 'AbortError' }, 'also an abort before the start')

  const calm = new AbortController()
  await streamOf({ signal: calm.signal }).stream.toArray()
  t.equal(await atRest(() => abortListeners(calm.signal)), 0)
})

t.test('an error while reading fails the stream', async (t) => {
  const failing = function* () {
    yield [{ n: 1 }]
    throw new Error('torn')
  }
  await t.rejects(streamOf({}, failing()).stream.toArray(), { message: 'torn' })
})

t.test('checks its options', (t) => {
  const refused = (options: object, message: RegExp) => {
    t.throws(() => resolveRowsOptions(options), { code: 'ERR_SPILLWAY_OPTION', message })
  }
  refused({ field: 5 }, /Expected `field` to be a string/)
  refused({ batches: 1 }, /Expected `batches`/)
  refused({ signal: {} }, /Expected `signal`/)
  refused({ containers: 'a' }, /Did you mean `container`\?/)
  t.strictSame(resolveRowsOptions({ field: '' }), { field: '', batches: false }, 'the name of a field may be empty')
  t.strictSame(resolveRowsOptions(undefined), { batches: false })
  t.end()
})
