import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { WholeLines } from '../../../transforms/parsing/whole-lines.ts'

interface Seen {
  readonly lines: string[]
  mostHeld: number
}

function feed(chunks: Iterable<Buffer>, maxLineBytes: number): Seen {
  const seen: Seen = { lines: [], mostHeld: 0 }
  const lines = new WholeLines(maxLineBytes, {
    lines: (block) => void seen.lines.push(...block.toString().slice(0, -1).split('\n')),
    overlong: (head) => void seen.lines.push(`too long: ${head.toString()}`),
  })
  for (const chunk of chunks) {
    lines.write(chunk)
    seen.mostHeld = Math.max(seen.mostHeld, lines.heldBytes)
  }
  lines.end()
  return seen
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(from, from + size)
    from += size
  }
}

t.test('finds the same lines for any division into chunks, and reports each too long line once', async (t) => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', '\r'), maxLength: 12 })
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 })
  const property = fc.property(fc.array(line, { maxLength: 20 }), sizes, fc.boolean(), (lines, sizes, ended) => {
    const text = lines.join('\n') + (ended ? '\n' : '')
    const expected = text === '' ? [] : text.replace(/\n$/, '').split('\n')
    const seen = feed(cut(Buffer.from(text), sizes), 6)
    assert.deepEqual(
      seen.lines,
      expected.map((one) => (one.length > 6 ? `too long: ${one.slice(0, 6)}` : one)),
    )
    assert.ok(seen.mostHeld <= 6)
  })
  t.doesNotThrow(() => fc.assert(property))
})

t.test('holds at most the limit of a line of 64 MB, and passes the lines before and after it', async (t) => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  function* chunks() {
    yield Buffer.from('before\n')
    for (let i = 0; i < 1024; i++) yield piece
    yield Buffer.from('\nafter\n')
  }
  const seen = feed(chunks(), 100_000)
  t.equal(seen.lines.length, 3)
  t.equal(seen.lines[0], 'before')
  t.equal(seen.lines[1]?.length, 'too long: '.length + 100_000)
  t.equal(seen.lines[2], 'after')
  t.ok(seen.mostHeld <= 100_000)
})
