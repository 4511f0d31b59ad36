import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { SpillwayError } from '../../../lib/core/errors.ts'
import type { Rejection } from '../../../lib/core/rejection.ts'
import { RecordParser, type Decoder, type RecordParserOptions } from '../../../transforms/parsing/record-parser.ts'

/** Each byte is a record, `!` is bad input, `#` is an error after which no input can be read. */
class ByteDecoder implements Decoder {
  write(bytes: Buffer, output: Parameters<Decoder['write']>[1]): void {
    for (const character of bytes.toString('latin1')) {
      if (output.failed) return
      if (character === '!') output.reject('it is bad', character, 7)
      else if (character === '#') output.fail(new SpillwayError('ERR_SPILLWAY_INPUT', 'No more can be read.'))
      else output.add({ character })
    }
  }

  end(output: Parameters<Decoder['write']>[1]): void {
    output.add({ character: 'end' })
  }
}

function parser(options: RecordParserOptions = {}): RecordParser {
  return new RecordParser(new ByteDecoder(), options)
}

async function read(chunks: string[], options?: RecordParserOptions) {
  const records: unknown[] = []
  let error: unknown
  try {
    for await (const record of Readable.from(chunks).pipe(parser(options))) records.push(record)
  } catch (thrown) {
    error = thrown
  }
  return {
    text: (records.flat() as { character: string }[]).map(({ character }) => character).join(''),
    records,
    error,
  }
}

t.test('accepts bytes and strings, and removes a byte order mark', async (t) => {
  t.equal((await read(['\ufeffab', 'c'])).text, 'abcend')
})

t.test('emits batches of up to 1000 records from one chunk', async (t) => {
  const { records } = await read(['x'.repeat(2500), 'yz'], { batches: true })
  t.strictSame(
    records.map((batch) => (batch as unknown[]).length),
    [1000, 1000, 500, 2, 1],
  )
})

t.test('emits every record before bad input, then fails, also with a slow reader', async (t) => {
  for (const batches of [false, true]) {
    const { text, error } = await read(['x'.repeat(3000), 'ab!cd'], { batches })
    t.equal(text, `${'x'.repeat(3000)}ab`)
    t.match(error, {
      code: 'ERR_SPILLWAY_INPUT',
      place: { line: 7 },
      message: /Line 7 cannot be read: it is bad.*onReject/,
    })
  }
})

t.test('passes every record before the failure to a writer', async (t) => {
  const taken: unknown[] = []
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(record, _encoding, callback) {
      taken.push(record)
      setImmediate(callback)
    },
  })
  await t.rejects(pipeline(Readable.from(['x'.repeat(50) + '!']), parser(), slow), { code: 'ERR_SPILLWAY_INPUT' })
  t.ok(taken.length >= 49)
})

t.test('fails at once when all records are read', async (t) => {
  const stream = parser()
  stream.write('!')
  const [error] = (await once(stream, 'error')) as [Error]
  t.match(error, { code: 'ERR_SPILLWAY_INPUT' })
})

t.test('passes bad input to the handler in order, and continues', async (t) => {
  const rejections: Rejection[] = []
  const { text, error } = await read(['a!b', '!c'], { onReject: (rejection) => void rejections.push(rejection) })
  t.equal(error, undefined)
  t.equal(text, 'abcend')
  t.strictSame(rejections, Array(2).fill({ stage: 'parse', reason: 'it is bad', line: 7, record: '!' }))
})

t.test('waits for the promise of a handler before it accepts more', async (t) => {
  let release = () => {}
  const stream = parser({ onReject: () => new Promise<void>((resolve) => (release = resolve)) })
  stream.resume()
  let taken = false
  stream.write('a!', () => (taken = true))
  await new Promise(setImmediate)
  t.notOk(taken)
  release()
  await new Promise(setImmediate)
  t.ok(taken)
  stream.destroy()
})

t.test('fails with the error of a handler', async (t) => {
  const { text, error } = await read(['a!'], { onReject: () => Promise.reject(new Error('disk full')) })
  t.equal(text, 'a')
  t.match(error, { message: 'disk full' })
})

t.test('fails despite a handler, after the earlier bad input was passed on', async (t) => {
  const rejections: Rejection[] = []
  const { text, error } = await read(['a!b#c'], { onReject: (rejection) => void rejections.push(rejection) })
  t.equal(text, 'ab')
  t.equal(rejections.length, 1)
  t.match(error, { message: 'No more can be read.' })
})

t.test('ends with an AbortError on its signal, with or without unread records', async (t) => {
  const controller = new AbortController()
  const stream = parser({ signal: controller.signal })
  stream.write('abc')
  controller.abort()
  const [error] = (await once(stream, 'error')) as [Error]
  t.equal(error.name, 'AbortError')

  const [early] = (await once(parser({ signal: AbortSignal.abort() }), 'error')) as [Error]
  t.equal(early.name, 'AbortError')
})

t.test('fails with the error of its source in pipeline()', async (t) => {
  const source = Readable.from(
    (function* () {
      yield 'ab'
      throw new Error('torn cable')
    })(),
  )
  await t.rejects(pipeline(source, parser(), new Writable({ objectMode: true, write: (_r, _e, done) => done() })), {
    message: 'torn cable',
  })
})

t.test('can be destroyed while a failure waits for the reader', async (t) => {
  const stream = parser()
  stream.write('ab!')
  await new Promise(setImmediate)
  stream.destroy()
  await once(stream, 'close')
  t.equal(stream.errored, null)
})
