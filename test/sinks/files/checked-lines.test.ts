import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CheckedLines, readCheckedLines } from '../../../sinks/files/checked-lines.ts'

async function intactIn(path: string, bytes?: number): Promise<boolean[]> {
  const intact: boolean[] = []
  for await (const { isIntact } of readCheckedLines(path, bytes)) intact.push(isIntact)
  return intact
}

const TEXTS = [
  '{"a":1}',
  '{"text":"line\u2028end é","lineCrc32":7}',
  '{"long":"' + 'x'.repeat(100_000) + '"}',
  '{"b":{}}',
]

function linesOf(texts: readonly string[]): string[] {
  const lines = new CheckedLines()
  return texts.map((text) => lines.make(text))
}

t.test('the texts are read back, and other readers take the lines as JSON', async (t) => {
  const path = join(t.testdir(), 'lines.jsonl')
  const lines = linesOf(TEXTS)
  writeFileSync(path, lines.join(''))
  const read: string[] = []
  let bytes = 0
  for await (const { json, byteLength, number } of readCheckedLines(path)) {
    read.push(json)
    bytes += byteLength
    t.equal(number, read.length)
  }
  t.strictSame(read, TEXTS)
  t.equal(bytes, readFileSync(path).length)
  t.match(JSON.parse(lines[0] ?? ''), { a: 1, lineCrc32: Number })
})

t.test('every changed byte, and every line that was removed, repeated or moved, is found', async (t) => {
  const path = join(t.testdir(), 'lines.jsonl')
  const lines = linesOf(['{"a":1}', '{"a":2}', '{"a":3}'])
  const whole = Buffer.from(lines.join(''))
  for (let at = 0; at < whole.length; at++) {
    for (const bit of [1, 8, 128]) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ bit
      writeFileSync(path, changed)
      t.ok((await intactIn(path)).includes(false), `byte ${at}`)
    }
  }
  const [one = '', two = '', three = ''] = lines
  for (const changed of [one + three, two + three, one + one + two + three, one + three + two, three + two + one]) {
    writeFileSync(path, changed)
    t.ok((await intactIn(path)).includes(false), changed)
  }
  writeFileSync(path, whole)
  t.strictSame(await intactIn(path, one.length), [true], 'the first bytes alone')
  t.strictSame(await intactIn(path, one.length + 3), [true, false])
})

t.test('a file is continued after its last line, also after one without a checksum', async (t) => {
  const path = join(t.testdir(), 'lines.jsonl')
  for (const before of ['', ...linesOf(TEXTS), 'torn line\n', '{"a":1}\n', '\n']) {
    writeFileSync(path, before)
    const lines = await CheckedLines.continue(path)
    appendFileSync(path, lines.make('{"c":1}') + lines.make('{"c":2}'))
    t.strictSame((await intactIn(path)).slice(-2), [true, true])
  }
})
