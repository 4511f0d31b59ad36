import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Column } from '../../../sinks/columns/column.ts'
import { ParquetFileEncoder } from '../../../sinks/parquet/parquet-file-encoder.ts'
import { readParquet } from '../../../sinks/readers/read-parquet.ts'
import { repairParquet } from '../../../sinks/readers/repair-parquet.ts'
import { appendRow, encodeTable, endRowGroup, tableArbitrary, type Table } from '../parquet/arbitraries.ts'
import { openDuckDb, rowsByDuckDb, rowsByHyparquet, showRows } from '../parquet/readers.ts'

const MAGIC = Buffer.from('PAR1')

/** A file, and the files that end at each of its footers. */
interface Written {
  readonly bytes: Buffer
  readonly footers: readonly { readonly end: number; readonly rows: number; readonly rowGroups: number }[]
}

/** Writes a table with a footer after each row group listed in `checkpoints`, and no other footer. */
async function write({ columns, rowGroups, compression }: Table, checkpoints: readonly boolean[]): Promise<Written> {
  const encoder = new ParquetFileEncoder(columns, { compression })
  const parts = [encoder.header()]
  const footers: { end: number; rows: number; rowGroups: number }[] = []
  for (const [index, rows] of rowGroups.entries()) {
    for (const row of rows) appendRow(encoder, row)
    parts.push(await endRowGroup(encoder))
    if (checkpoints[index] !== true) continue
    parts.push(encoder.footer())
    footers.push({ end: Buffer.concat(parts).length, rows: encoder.rows, rowGroups: index + 1 })
  }
  return { bytes: Buffer.concat(parts), footers }
}

/** A file with one column of bytes, uncompressed, with a footer after each cell. */
const writeCells = (...cells: readonly Uint8Array[]): Promise<Written> =>
  write(
    { columns: [{ name: 'cell', type: 'bytes' }], rowGroups: cells.map((cell) => [[cell]]), compression: 'none' },
    cells.map(() => true),
  )

const integers = (from: number, to: number): [bigint][] =>
  Array.from({ length: to - from }, (_, index) => [BigInt(from + index)])

/** A file with three row groups of 1000 integers, each with a footer. */
const writeIntegers = (): Promise<Written> =>
  write(
    {
      columns: [{ name: 'i', type: 'int64' }],
      rowGroups: [integers(0, 1000), integers(1000, 2000), integers(2000, 3000)],
      compression: 'snappy',
    },
    [true, true, true],
  )

function place(t: Test, bytes: Uint8Array): string {
  const path = join(t.testdir(), 'a.parquet')
  writeFileSync(path, bytes)
  return path
}

async function copy(connection: DuckDBConnection, t: Test, query: string, options = ''): Promise<string> {
  const path = join(t.testdir(), 'foreign.parquet')
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`)
  return path
}

t.test('a file cut at any byte keeps all rows up to the last footer before the cut', async (t) => {
  const path = join(t.testdir(), 'a.parquet')
  const connection = await openDuckDb()
  const property = fc.asyncProperty(
    tableArbitrary.filter(({ rowGroups }) => rowGroups.length > 0),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    async (table, checkpoints, share) => {
      const { bytes, footers } = await write(table, checkpoints)
      const cut = Math.floor(share * bytes.length)
      writeFileSync(path, bytes.subarray(0, cut))
      const footer = footers.findLast(({ end }) => end <= cut)
      if (footer === undefined) {
        await assert.rejects(repairParquet(path), { code: 'ERR_SPILLWAY_INPUT' })
        assert.equal(statSync(path).size, cut)
        return
      }
      const { end, rows, rowGroups } = footer
      assert.deepEqual(await repairParquet(path), { path, rows, rowGroups, bytes: end, removedBytes: cut - end })
      const expected = showRows(table.rowGroups.flat().slice(0, rows))
      assert.equal((await readParquet(path).toArray()).length, rows)
      assert.deepEqual(await rowsByHyparquet(readFileSync(path)), expected)
      assert.deepEqual(await rowsByDuckDb(connection, `FROM read_parquet('${path}')`), expected)
      assert.deepEqual(await repairParquet(path), { path, rows, rowGroups, bytes: end, removedBytes: 0 })
    },
  )
  await fc.assert(property, { numRuns: 60 })
  connection.closeSync()
})

t.test('every cut of a small file is repaired to the footer before it', async (t) => {
  const path = join(t.testdir(), 'a.parquet')
  const { bytes, footers } = await writeCells(Buffer.from('one'), Buffer.from('two'))
  for (let cut = 4; cut <= bytes.length; cut++) {
    writeFileSync(path, bytes.subarray(0, cut))
    const footer = footers.findLast(({ end }) => end <= cut)
    if (footer === undefined) await assert.rejects(repairParquet(path), /no complete row group was found/)
    else assert.equal((await repairParquet(path)).bytes, footer.end)
    assert.equal(statSync(path).size, footer?.end ?? cut)
  }
  t.equal(footers.length, 2)
})

t.test('a Parquet file in a cell is never mistaken for the file itself', async (t) => {
  const columns: Column[] = [{ name: 'x', type: 'int64' }]
  const other = await encodeTable({ columns, rowGroups: [integers(0, 50)], compression: 'none' })
  const empty = await encodeTable({ columns, rowGroups: [], compression: 'none' })
  // Its first row group and footer are the same as those of the files that contain it in a cell.
  const alike = (await writeCells(Buffer.from('first'))).bytes
  const footerOfAlike = alike.subarray(alike.length - 8 - alike.readUInt32LE(alike.length - 8))
  const cells = { other, empty, alike, footerOfAlike, several: Buffer.concat([alike, other, alike]) }
  for (const [name, cell] of Object.entries(cells)) {
    const { bytes, footers } = await writeCells(Buffer.from('first'), cell, Buffer.from('last'))
    const [first, second] = footers
    const endOfCell = bytes.indexOf(cell, first!.end) + cell.length
    t.equal(bytes.toString('latin1', endOfCell - 4, endOfCell), 'PAR1')
    for (const cut of [endOfCell, endOfCell + 1, second!.end - 1]) {
      const path = place(t, bytes.subarray(0, cut))
      t.match(await repairParquet(path), { rows: 1, bytes: first!.end, removedBytes: cut - first!.end }, name)
    }
    t.match(await repairParquet(place(t, bytes.subarray(0, second!.end))), { rows: 2, removedBytes: 0 }, name)
  }
})

t.test('a cell that looks like a footer for all bytes since the last footer is ignored', async (t) => {
  const before = await writeCells(Buffer.from('first'))
  const cell = Buffer.concat([Buffer.from('metadata'), Buffer.alloc(4), MAGIC])
  const start = (await writeCells(Buffer.from('first'), cell)).bytes.indexOf(cell)
  cell.writeUInt32LE(start + 8 - before.bytes.length, 8)
  const { bytes } = await writeCells(Buffer.from('first'), cell)
  const path = place(t, bytes.subarray(0, start + cell.length))
  t.equal((await repairParquet(path)).bytes, before.bytes.length)
})

t.test('a Parquet file in the first cell is not mistaken for the file itself', async (t) => {
  const { bytes } = await writeCells(Buffer.from('inner'))
  const outer = await writeCells(bytes)
  const path = place(t, outer.bytes.subarray(0, outer.bytes.indexOf(bytes) + bytes.length))
  await t.rejects(repairParquet(path), { code: 'ERR_SPILLWAY_INPUT', message: /no complete row group/ })
})

t.test('ignores magic bytes without a footer', async (t) => {
  const { bytes, footers } = await writeIntegers()
  const { end } = footers[2]!
  const noise = Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(70_000, 'PAR1'), Buffer.from([9, 0, 0, 0]), MAGIC])
  const path = place(t, Buffer.concat([bytes, noise]))
  t.match(await repairParquet(path), { rows: 3000, rowGroups: 3, bytes: end, removedBytes: noise.length })
})

t.test('finds a footer at any position relative to the search windows', async (t) => {
  const { bytes } = await writeIntegers()
  for (let behind = 0; behind < 14; behind++) {
    const path = place(t, Buffer.concat([bytes, Buffer.alloc(1024 * 1024 + 2 - behind)]))
    t.equal((await repairParquet(path)).bytes, bytes.length)
  }
})

t.test('ignores a footer whose row groups are damaged', async (t) => {
  const { bytes, footers } = await writeIntegers()
  const [, second, third] = footers
  const damaged = Buffer.from(bytes)
  damaged.fill(0, second!.end, second!.end + 20)
  t.match(await repairParquet(place(t, damaged)), { rows: 2000, removedBytes: third!.end - second!.end })
})

t.test('a file without rows is complete', async (t) => {
  const file = await encodeTable({ columns: [{ name: 'a', type: 'utf8' }], rowGroups: [], compression: 'none' })
  t.match(await repairParquet(place(t, file)), { rows: 0, rowGroups: 0, removedBytes: 0 })
})

t.test('does not change a complete file of any writer', async (t) => {
  const connection = await openDuckDb()
  const query = `SELECT i, 'group ' || (i % 7) AS name, [i, NULL] AS list, {'x': i::DOUBLE} AS struct,
    CASE WHEN i % 3 = 0 THEN random() END AS number FROM range(20000) r(i)`
  for (const options of ['', ', ROW_GROUP_SIZE 2048', ', PARQUET_VERSION v2', ', COMPRESSION zstd']) {
    const path = await copy(connection, t, query, options)
    const before = readFileSync(path)
    const { mtimeNs } = statSync(path, { bigint: true })
    t.match(await repairParquet(path), { rows: 20000, bytes: before.length, removedBytes: 0 }, options)
    t.equal(statSync(path, { bigint: true }).mtimeNs, mtimeNs)
    t.ok(readFileSync(path).equals(before))
  }
  connection.closeSync()
})

t.test('reports that a file of another tool has no footer to truncate it to', async (t) => {
  const connection = await openDuckDb()
  const path = await copy(connection, t, 'SELECT i FROM range(50000) r(i)', ', ROW_GROUP_SIZE 2048')
  const torn = readFileSync(path).subarray(0, -1)
  writeFileSync(path, torn)
  await t.rejects(repairParquet(path), {
    code: 'ERR_SPILLWAY_INPUT',
    message: /no complete row group was found.*was not changed.*other tools write the only footer at the end/,
    place: { path },
  })
  t.equal(statSync(path).size, torn.length)
  connection.closeSync()
})

t.test('refuses a file that is not Parquet, and does not change it', async (t) => {
  const { bytes, footers } = await writeIntegers()
  const files: [string, Uint8Array, RegExp][] = [
    ['an empty file', Buffer.alloc(0), /it is empty\. Write it again/],
    ['a foreign file', Buffer.from('id,name\n1,PAR1\n'), /it is not a Parquet file\. Check the path/],
    ['a foreign file of two bytes', Buffer.from('id'), /it is not a Parquet file/],
    ['an encrypted footer', Buffer.from('PARE    PARE'), /its footer is encrypted/],
    ['half of the first magic bytes', Buffer.from('PA'), /no complete row group was found/],
    ['the first magic bytes', MAGIC, /no complete row group was found/],
    ['magic bytes only', Buffer.from('PAR1PAR1PAR1'), /no complete row group was found/],
    ['half of the first row group', bytes.subarray(0, 100), /no complete row group was found/],
    ['half of the first footer', bytes.subarray(0, footers[0]!.end - 1), /no complete row group was found/],
  ]
  for (const [name, file, message] of files) {
    const path = place(t, file)
    await t.rejects(repairParquet(path), { code: 'ERR_SPILLWAY_INPUT', message, place: { path } }, name)
    t.ok(readFileSync(path).equals(file), name)
  }
})

t.test('reports paths that are not a writable file', async (t) => {
  const { bytes } = await writeIntegers()
  const dir = t.testdir({ file: '' })
  const code = 'ERR_SPILLWAY_IO'
  await t.rejects(repairParquet(dir), { code, message: /it is a directory\. Name one file in it/ })
  await t.rejects(repairParquet(join(dir, 'none')), { code, message: /There is no such file: check the path/ })
  await t.rejects(repairParquet(join(dir, 'file/a')), { code, message: /A part of the path is a file/ })
  await t.rejects(repairParquet(''), { code: 'ERR_SPILLWAY_OPTION' })
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [join(dir, 'pipe')])
    await t.rejects(repairParquet(join(dir, 'pipe')), { code, message: /not a regular file/ })
  }
  if (process.getuid?.() === 0) return
  const path = join(dir, 'a.parquet')
  writeFileSync(path, bytes)
  chmodSync(path, 0o400)
  t.equal((await repairParquet(path)).removedBytes, 0, 'a complete file is only read')
  chmodSync(path, 0o600)
  writeFileSync(path, bytes.subarray(0, -1))
  for (const mode of [0o400, 0o000]) {
    chmodSync(path, mode)
    await t.rejects(repairParquet(path), { code, message: /Change the permissions/ })
  }
})
