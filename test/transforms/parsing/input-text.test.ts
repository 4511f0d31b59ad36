import t from 'tap'
import { encodingCheck, InputText, notDecodable } from '../../../transforms/parsing/input-text.ts'

function decode(bytes: Buffer, size: number, encoding?: string): Buffer {
  const text = new InputText(encoding)
  const pieces: Buffer[] = []
  for (let from = 0; from < bytes.length; from += size) pieces.push(text.decode(bytes.subarray(from, from + size)))
  return Buffer.concat([...pieces, text.rest()])
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

const sizes = [1, 2, 3, 4, 7, 1000]
const text = 'é,😀\nẞ'

t.test('decodes UTF-8 and UTF-16 by a byte order mark, which it removes', async (t) => {
  for (const size of sizes) {
    t.equal(decode(Buffer.from(`\ufeff${text}`), size).toString(), text)
    t.equal(decode(Buffer.from(`\ufeff${text}`, 'utf16le'), size).toString(), text)
    t.equal(decode(utf16be(`\ufeff${text}`), size).toString(), text)
    t.equal(decode(utf16be(`\ufeff${text}`), size, 'utf-8').toString(), text, 'the mark comes before the option')
  }
})

t.test('decodes a named encoding', async (t) => {
  for (const size of sizes) {
    t.equal(decode(Buffer.from('caf\xe9 \x80', 'latin1'), size, 'windows-1252').toString(), 'café €')
    t.equal(decode(Buffer.from([0x93, 0xfa, 0x96, 0x7b]), size, 'shift_jis').toString(), '日本')
    t.equal(decode(Buffer.from(text, 'utf16le'), size, 'utf-16le').toString(), text)
    t.equal(decode(utf16be(text), size, 'utf-16be').toString(), text)
  }
})

t.test('keeps bytes that only begin like a mark, and a second mark', async (t) => {
  for (const bytes of [[0xef, 0xbb], [0xef, 0xbb, 1], [], [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf]]) {
    const kept = bytes.length === 6 ? bytes.slice(3) : bytes
    for (const size of sizes) t.strictSame([...decode(Buffer.from(bytes), size)], kept)
  }
})

t.test('marks what it cannot decode with bytes that are not UTF-8', async (t) => {
  const halfPair = Buffer.from('a\ud83d,b', 'utf16le')
  const cut = Buffer.from([0x61, 0x00, 0x62])
  for (const size of sizes) {
    t.strictSame([...decode(halfPair, size, 'utf-16le')], [0x61, 0xff, 0x2c, 0x62])
    t.strictSame([...decode(cut, size, 'utf-16le')], [0x61, 0xff])
    t.strictSame([...decode(Buffer.from([0x61, 0x93]), size, 'shift_jis')], [0x61, 0xff])
  }
  t.match(notDecodable('shift_jis'), /bytes that are not shift_jis/)
  t.match(notDecodable('utf-8'), /bytes that are not UTF-8/)
})

t.test('refuses UTF-32, and UTF-16 that is not named', async (t) => {
  const utf32 = Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])
  for (const size of sizes) t.throws(() => decode(utf32, size), { code: 'ERR_SPILLWAY_INPUT', message: /is UTF-32/ })
  t.throws(() => decode(Buffer.from('a,b', 'utf16le'), 100), { message: /UTF-16.*`encoding`: utf-16le/ })
  t.throws(() => decode(utf16be('a,b'), 100), { message: /UTF-16.*`encoding`: utf-16be/, place: { line: 1 } })
})

t.test('knows the encodings of Node.js', async (t) => {
  for (const name of ['utf-8', 'UTF8', 'latin1', 'utf-16be', 'shift_jis']) t.ok(encodingCheck.accepts(name), name)
  for (const name of ['utf-7', '', 5]) t.notOk(encodingCheck.accepts(name))
})
