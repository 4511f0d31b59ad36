import t from 'tap'
import { cutText, escapeLines, escapeText, jsonText } from '../../../../lib/cli/terminal/escape-text.ts'

const unsafe = 'a\u0000\u001b[2J\u0007\r\n\t\u007f\u009b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069z'

t.test('escapes controls, escape sequences and bidirectional controls', async (t) => {
  const rest = String.raw`\t\x7f\x9b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069z`
  t.equal(escapeText(unsafe), String.raw`a\x00\x1b[2J\x07\r\n` + rest)
  t.equal(escapeLines(unsafe), String.raw`a\x00\x1b[2J\x07\r` + '\n' + rest, 'lines stay lines')
})

t.test('other text stays as it is', async (t) => {
  for (const text of ['', 'größe 日本 👍 "quoted" \\x1b', 'שלום']) {
    t.equal(escapeText(text), text)
    t.equal(escapeLines(text), text)
  }
})

t.test('JSON has no unsafe character, and parses to the same value', async (t) => {
  const value = { [unsafe]: [unsafe] }
  const text = jsonText(value)
  t.equal(escapeLines(text), text)
  t.strictSame(JSON.parse(text), value)
})

t.test('cuts to a number of characters, with an ellipsis', async (t) => {
  t.equal(cutText('12345', 5), '12345')
  t.equal(cutText('123456', 5), '1234…')
  t.equal(cutText('👍👍👍', 3), '👍👍👍')
  t.equal(cutText('👍👍👍👍', 3), '👍👍…')
})
