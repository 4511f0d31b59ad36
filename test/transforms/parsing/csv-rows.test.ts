import t from 'tap'
import { CsvRows } from '../../../transforms/parsing/csv-rows.ts'

function rowsOf(text: string, size: number, maxRecordBytes = 1000) {
  const seen: unknown[] = []
  let mostHeld = 0
  const rows: CsvRows = new CsvRows(
    { delimiter: ',', maxRecordBytes },
    {
      row: (cells) => void seen.push([rows.line, cells, rows.text]),
      bad: (reason, text, line) => void seen.push([line, reason.replace(/ .*/, ''), text]),
    },
  )
  const bytes = Buffer.from(text)
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
