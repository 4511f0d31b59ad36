import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { markerBatch } from '../../lib/core/batch.ts'
import { Marker } from '../../lib/core/marker.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import { closed } from '../helpers/leaks.ts'
import { expectCounts, writeAll } from '../helpers/sink-conformance.ts'
import { deadLettersOf, partsOf, rowsOfParts, variant } from '../helpers/sink-formats.ts'
import { openDuckDb, rowsByDuckDb } from './parquet/readers.ts'

const duckDb = await openDuckDb()
t.teardown(() => duckDb.closeSync())

for (const name of ['csv', 'parquet'] as const) {
  const format = variant(name)
  const { options } = format

  t.test(`${name}: continues in a new part with wider columns`, async (t) => {
    const directory = t.testdir()
    const records = [{ n: 1 }, { n: 2 }, { n: 3, extra: 'x' }, { n: 4 }, { n: 'text' }]
    const sink = await writeAll([records], { ...options, directory, inferRows: 2 })
    t.strictSame(await rowsOfParts(directory, format), [
      [{ n: '1' }, { n: '2' }],
      [{ n: '3', extra: 'x' }, { n: '4' }],
      [{ n: 'text' }],
    ])
    t.match(sink.stats, { rotations: 2, parts: 3 })
    expectCounts(t, sink, 5)
    const rows = await rowsByDuckDb(
      duckDb,
      `SELECT n::VARCHAR, extra FROM read_${name}('${directory}/part-*', union_by_name = true) ORDER BY n::VARCHAR`,
    )
    t.strictSame(
      rows,
      [
        ['"1"', 'null'],
        ['"2"', 'null'],
        ['"3"', '"x"'],
        ['"4"', 'null'],
        ['"text"', 'null'],
      ].map(([n, extra]) => [name === 'parquet' && /\d/.test(n!) ? n!.replace(/(\d)/, '$1.0') : n!, extra!]),
    )
  })

  t.test(`${name}: rotations within the first records do not count when a marker has fixed the columns`, async (t) => {
    const directory = t.testdir()
    const sink = new RecordSink({ ...options, directory, inferRows: 6, maxRotations: 1 })
    const drifting = (at: number) => ({ n: at, [`c${at}`]: at })
    sink.write([{ n: 0 }])
    sink.write(markerBatch(new Marker('written')))
    sink.write(Array.from({ length: 9 }, (_, at) => drifting(at + 1)))
    sink.end()
    await closed(sink)
    t.match(sink.stats, { recordsIn: 10, rotations: 6, written: 7, rejected: 3 })
    t.match(
      deadLettersOf(sink.deadLetterPath!),
      [drifting(7), drifting(8), drifting(9)].map((record) => ({ record })),
    )
  })

  t.test(`${name}: rejects records that do not fit, in one plain file`, async (t) => {
    const path = join(t.testdir(), 'results')
    const records = [{ n: 1, m: { x: 1 } }, { n: 2, more: 0 }, { n: 'text' }, { n: 3, m: { y: 1 } }, { n: 4, m: null }]
    const sink = await writeAll([records], { ...options, path, inferRows: 1 })
    expectCounts(t, sink, 2, 3)
    t.match(deadLettersOf(sink.deadLetterPath!), [
      { reason: 'the file has no column for it', field: 'more', record: { n: 2, more: 0 } },
      { reason: "'text' (string) does not fit its column of type double", field: 'n' },
      { reason: 'the file has no column for it', field: 'm.y' },
    ])
  })

  t.test(`${name}: fails on drift with onDrift 'error', and keeps the earlier records`, async (t) => {
    const directory = t.testdir()
    const sink = new RecordSink({ ...options, directory, inferRows: 1, onDrift: 'error' })
    sink.write([{ n: 1 }, { n: 2 }, { n: 3, extra: 1 }, { n: 4 }])
    const error = await new Promise<unknown>((resolve) => sink.once('error', resolve))
    t.match(error, {
      code: 'ERR_SPILLWAY_DRIFT',
      message: /^Record 3, field extra: the file has no column for it\. Give a `schema`/,
      place: { record: 3, field: 'extra' },
    })
    await closed(sink)
    t.strictSame(await rowsOfParts(directory, format), [[{ n: '1' }, { n: '2' }]])
  })

  t.test(`${name}: rejects drift after maxRotations`, async (t) => {
    const directory = t.testdir()
    const records = [0, 1, 2, 3, 4].map((n) => ({ n, [`column${n}`]: n }))
    const sink = await writeAll([records], { ...options, directory, inferRows: 1, maxRotations: 2 })
    expectCounts(t, sink, 3, 2)
    t.equal(sink.stats.rotations, 2)
    t.equal(partsOf(directory).length, 3)
    t.strictSame(
      deadLettersOf(sink.deadLetterPath!).map(({ field }) => field),
      ['column3', 'column4'],
    )
  })

  t.test(`${name}: infers from exactly the first inferRows records, for any batch size`, async (t) => {
    const records = Array.from({ length: 9 }, (_, n) => (n < 5 ? { n, early: n } : { n, late: n }))
    for (const size of [1, 2, 4, 9]) {
      const directory = join(t.testdir(), `by ${size}`)
      const chunks = records.flatMap((_, n) => (n % size === 0 ? [records.slice(n, n + size)] : []))
      const sink = await writeAll(chunks, { ...options, directory, inferRows: 5 })
      t.match(sink.stats, { rotations: 1, parts: 2 }, `chunks of ${size}`)
      t.equal((await rowsOfParts(directory, format))[0]?.length, 5)
    }
  })

  t.test(`${name}: infers from the records that fit inferBytes, for any batch size`, async (t) => {
    const records = Array.from({ length: 8 }, (_, n) => ({ text: 'x'.repeat(1000), [n < 3 ? 'early' : 'late']: n }))
    for (const size of [1, 4, 8]) {
      const directory = join(t.testdir(), `by ${size}`)
      const chunks = records.flatMap((_, n) => (n % size === 0 ? [records.slice(n, n + size)] : []))
      await writeAll(chunks, { ...options, directory, inferBytes: 3000 })
      t.strictSame(
        (await rowsOfParts(directory, format)).map(({ length }) => length),
        [3, 5],
        `chunks of ${size}`,
      )
    }
  })

  t.test(`${name}: does not infer from records that are refused`, async (t) => {
    const directory = t.testdir()
    const records = [{ n: 1, bad: Symbol('no') }, { n: 2 }]
    const sink = await writeAll([records], { ...options, directory })
    t.strictSame(await rowsOfParts(directory, format), [[{ n: '2' }]])
    t.equal(sink.stats.rotations, 0)
    t.notOk(readFileSync(partsOf(directory)[0]!).includes('bad'))
  })

  t.test(`${name}: rejects a record without fields until the columns are known`, async (t) => {
    const directory = t.testdir()
    const sink = await writeAll([[{}], [{ n: 1 }, {}]], { ...options, directory, inferRows: 1 })
    t.strictSame(await rowsOfParts(directory, format), [[{ n: '1' }, {}]])
    expectCounts(t, sink, 2, 1)
    t.match(deadLettersOf(sink.deadLetterPath!), [{ reason: /without fields/, record: {} }])
  })

  t.test(`${name}: takes the type of a column from its first value, also after a marker`, async (t) => {
    const path = join(t.testdir(), 'results')
    const sink = new RecordSink({ ...options, path, inferRows: 1 })
    sink.write([{ n: 1, x: null }])
    const marker = new Marker('written')
    sink.write(markerBatch(marker))
    await marker.receipt
    sink.end([
      { n: 2, x: 2.5 },
      { n: 3, x: 'text' },
      { n: 4, x: 1 },
    ])
    await closed(sink)
    expectCounts(t, sink, 3, 1)
    const rows = await format.read(readFileSync(path))
    t.strictSame(
      rows.map(({ x }) => (x === null ? null : Number(x))),
      [null, 2.5, 1],
    )
  })
}
