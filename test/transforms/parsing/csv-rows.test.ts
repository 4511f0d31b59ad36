import t from 'tap'
import { CsvRows } from '../../../transforms/parsing/csv-rows.ts'

const form = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  comment: undefined as string | undefined,
  trim: false,
  relaxQuotes: false,
  lineEnd: 0x0a,
}

function rowsOf(text: string | Buffer, size: number, maxRecordBytes = 1000, special: Partial<typeof form> = {}) {
  const seen: unknown[] = []
  let mostHeld = 0
  const rows: CsvRows = new CsvRows(
    { ...form, ...special, maxRecordBytes },
    {
      row: (cells) => void seen.push([rows.line, cells, rows.text]),
      bad: (reason, text, line) => void seen.push([line, reason?.replace(/ .*/, '') ?? null, text]),
    },
  )
  const bytes = Buffer.from(text as string)
  for (let from = 0; from < bytes.length; from += size) {
    rows.write(bytes.subarray(from, from + size))
    mostHeld = Math.max(mostHeld, rows.heldBytes)
  }
  rows.end()
  return { seen, mostHeld }
}

const sizes = [1, 2, 3, 5, 8, 1000]

t.test('reports the line and the text of each row', async (t) => {
  for (const size of sizes) {
    t.strictSame(rowsOf('a,b\r\n"x\r\ny",\n\n"",é', size).seen, [
      [1, ['a', 'b'], 'a,b'],
      [2, ['x\r\ny', null], '"x\r\ny",'],
      [4, [null], ''],
      [5, ['', 'é'], '"",é'],
    ])
  }
})

t.test('distinguishes a quoted empty cell from null next to all kinds of quotes', async (t) => {
  for (const size of sizes) {
    t.strictSame(
      rowsOf('"",,"a""b",,"","""",\n,"",""', size).seen.map((row) => (row as unknown[])[1]),
      [
        ['', null, 'a"b', null, '', '"', null],
        [null, '', ''],
      ],
    )
  }
})

t.test('continues at the line after a misplaced quote', async (t) => {
  for (const size of sizes) {
    t.strictSame(rowsOf('1,2\n"a"b,2\n3,4\n5,a"b\n6,"x\ny"z,"q"\n7,8\n9,"a"b', size).seen, [
      [1, ['1', '2'], '1,2'],
      [2, 'a', '"a"b,2'],
      [3, ['3', '4'], '3,4'],
      [4, 'a', '5,a"b'],
      [5, 'a', '6,"x\ny"z,"q"'],
      [7, ['7', '8'], '7,8'],
      [8, 'a', '9,"a"b'],
    ])
  }
})

t.test('reports the line of a quote that is never closed', async (t) => {
  for (const size of sizes) {
    t.strictSame(rowsOf('1,2\n3,"4\n5,6\n', size).seen, [
      [1, ['1', '2'], '1,2'],
      [2, 'a', '3,"4\n5,6'],
    ])
  }
})

t.test('rejects a row that is too long, and holds at most the limit and a chunk of it', async (t) => {
  for (const long of ['x'.repeat(500), `"${'x\n'.repeat(20)}${'y'.repeat(500)}"`, ','.repeat(500)]) {
    for (const size of sizes) {
      const { seen, mostHeld } = rowsOf(`1,2\n${long}\n3,4\n`, size, 100)
      const lines = long.split('\n').length
      t.strictSame(seen[0], [1, ['1', '2'], '1,2'])
      t.match(seen[1], [2, 'it'])
      t.strictSame(seen[2], [2 + lines, ['3', '4'], '3,4'])
      t.equal(seen.length, 3)
      t.ok(mostHeld <= 100 + 16 + size)
    }
  }
})

t.test('measures a row by its own bytes, for any division into chunks', async (t) => {
  for (const end of ['\n', '\r\n']) {
    for (const size of sizes) {
      const { seen } = rowsOf(`${'x'.repeat(100)}${end}${'y'.repeat(103)}${end}1${end}`, size, 100)
      t.match(seen, [
        [1, ['x'.repeat(100)]],
        [2, 'it'],
        [3, ['1']],
      ])
      t.equal(seen.length, 3)
    }
  }
})

t.test('rejects only the rows whose bytes are not UTF-8', async (t) => {
  const text = Buffer.from('é,\ufffd\n1,#\né,"x\n#"\n3,é', 'utf8')
  const bytes = Buffer.from(text.map((byte) => (byte === 0x23 ? 0xe9 : byte)))
  for (const size of sizes) {
    t.strictSame(rowsOf(bytes, size).seen, [
      [1, ['é', '\ufffd'], 'é,\ufffd'],
      [2, null, '1,\ufffd'],
      [3, null, 'é,"x\n\ufffd"'],
      [5, ['3', 'é'], '3,é'],
    ])
    t.strictSame(rowsOf(bytes.subarray(0, -1), size).seen[3], [5, null, '3,\ufffd'])
  }
})

t.test('counts lines that end with a carriage return', async (t) => {
  for (const size of sizes) {
    t.strictSame(rowsOf('a,b\r1"x,2\r3,"4\r"\r5,6', size, 1000, { lineEnd: 0x0d }).seen, [
      [1, ['a', 'b'], 'a,b'],
      [2, 'a', '1"x,2'],
      [3, ['3', '4\r'], '3,"4\r"'],
      [5, ['5', '6'], '5,6'],
    ])
  }
})

t.test('skips comments, and counts their lines', async (t) => {
  for (const size of sizes) {
    t.strictSame(rowsOf('#a\n#b\n1,2#\n#c\n3"4,5\n#d\n"#e",\n#', size, 1000, { comment: '#' }).seen, [
      [3, ['1', '2#'], '1,2#'],
      [5, 'a', '3"4,5'],
      [7, ['#e', null], '"#e",'],
    ])
  }
})

t.test('distinguishes a quoted empty cell from null in every dialect', async (t) => {
  for (const size of sizes) {
    const cells = (text: string, special: Partial<typeof form>) => rowsOf(text, size, 1000, special).seen[0]
    t.strictSame(cells(`'',"",'\\'',,''`, { quote: "'", escape: '\\' }), [
      1,
      ['', '""', "'", null, ''],
      `'',"",'\\'',,''`,
    ])
    t.strictSame(cells(' "" ,\t, "a" , b', { trim: true }), [1, ['', null, 'a', 'b'], ' "" ,\t, "a" , b'])
    t.strictSame(cells('"",a', { quote: '' }), [1, ['""', 'a'], '"",a'])
    t.strictSame(cells('5"x,"",,"a"b', { relaxQuotes: true }), [1, ['5"x', '', null, '"a"b'], '5"x,"",,"a"b'])
  }
})
