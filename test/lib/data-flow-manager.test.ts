import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { DataFlowManager, type DataFlowManagerOptions } from '../../lib/data-flow-manager.ts'
import { makeDeferred } from '../../lib/core/deferred.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import { openDuckDb, rowsByDuckDb, showRows } from '../sinks/parquet/readers.ts'

function managerIn(t: Test, options: Partial<DataFlowManagerOptions> = {}) {
  const directory = t.testdir()
  return { directory, manager: new DataFlowManager({ directory, ...options }) }
}

/** All files below a directory. */
function filesIn(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => statSync(join(directory, name)).isFile()).sort()
}

const ON_DISK = { memoryLimitBytes: 0 }

const signals = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    at: new Date(i * 1000),
    side: i % 2 === 0 ? 'buy' : 'sell',
    price: i / 7,
    size: i % 3 === 0 ? null : BigInt(i),
    open: i % 5 === 0,
  }))

t.test('a small output stays in memory, a large one goes to the disk', async (t) => {
  const { directory, manager } = managerIn(t)
  const small = await manager.storePhaseOutput('w', 'small', { text: 'x'.repeat(1_000_000) })
  t.strictSame(filesIn(directory), [])
  t.ok(small.bytes > 1_000_000 && small.bytes < 1_001_000)
  await manager.storePhaseOutput('w', 'large', { text: 'x'.repeat(1_100_000) })
  t.match(filesIn(directory), [/^w\/outputs\/large\/[0-9a-f]+-rest\.frames$/, 'w/outputs/large/output.json'])
  t.match(await manager.getPhaseOutput('w', 'large'), { text: /^x+$/ })
})

t.test('later changes to the original or to another copy do not affect an output', async (t) => {
  for (const options of [{}, ON_DISK]) {
    const { manager } = managerIn(t, options)
    const output = { list: [1, 2], rows: [{ a: 1 }] }
    await manager.storePhaseOutput('w', 'p', output)
    output.list.push(3)
    const first = (await manager.getPhaseOutput('w', 'p')) as typeof output
    first.list.push(4)
    t.strictSame(await manager.getPhaseOutput('w', 'p'), { list: [1, 2], rows: [{ a: 1 }] })
  }
})

t.test('flat rows with the same columns are Parquet on disk, also if the output has other fields', async (t) => {
  const { directory, manager } = managerIn(t, ON_DISK)
  const rows = signals(3000)
  const reference = await manager.storePhaseOutput('w', 'p', { signals: rows, metadata: { made: 'here' } })
  t.strictSame(await manager.getPhaseOutput('w', 'p'), { signals: rows, metadata: { made: 'here' } })
  t.match(reference, { rowCount: 3000, tables: [{ field: 'signals', rowCount: 3000 }] })
  t.strictSame(reference.schema, { at: 'timestamp', side: 'utf8', price: 'double', size: 'int64', open: 'boolean' })

  const parquet = filesIn(directory).find((name) => name.endsWith('.parquet')) ?? ''
  const connection = await openDuckDb()
  const found = await rowsByDuckDb(
    connection,
    `SELECT count(*)::INT, sum(price), sum(size)::BIGINT FROM '${join(directory, parquet)}'`,
  )
  connection.closeSync()
  t.match(found, [['3000', /./, /./]])
  t.match(found[0]?.[2], String(rows.reduce((sum, { size }) => sum + (size ?? 0n), 0n)))
})

t.test('the first row with other columns, and all rows after it, go to a second file', async (t) => {
  const { directory, manager } = managerIn(t, ON_DISK)
  const rows = [...signals(600), { at: 'not a date' }, ...signals(5)]
  await manager.storePhaseOutput('w', 'p', rows)
  t.match(filesIn(directory), [/table-0\.frames$/, /table-0\.parquet$/, /output\.json$/])
  t.strictSame(await manager.getPhaseOutput('w', 'p'), rows)
})

t.test('every kind of stream of rows can be stored', async (t) => {
  const rows = signals(2000)
  const streams: Record<string, () => unknown> = {
    Readable: () => Readable.from(rows),
    generator: () =>
      (function* () {
        yield* rows
      })(),
    'async generator': () =>
      (async function* () {
        yield* rows
      })(),
    'stream of arrays': () => Readable.from([rows.slice(0, 7), rows.slice(7)]),
    'web stream': () => Readable.toWeb(Readable.from(rows)),
  }
  for (const options of [{}, { memoryLimitBytes: 10_000 }, ON_DISK]) {
    const { manager } = managerIn(t, options)
    for (const [name, make] of Object.entries(streams)) {
      const reference = await manager.storePhaseOutput('w', name, make())
      t.equal(reference.rowCount, 2000, name)
      t.strictSame(await reference.get(), rows, name)
      t.strictSame(await reference.rows().toArray(), rows, name)
    }
  }
})

t.test('a reference describes the tables without loading them, in memory and on disk', async (t) => {
  const output = {
    a: signals(3),
    b: [
      { container: 'x', n: 1 },
      { container: 'y', n: 2 },
    ],
    empty: [],
    rest: 5,
  }
  for (const options of [{}, ON_DISK]) {
    const { directory, manager } = managerIn(t, options)
    await manager.storePhaseOutput('w', 'p', output)
    const reference = await manager.createReference('w', 'p')
    t.strictSame(
      reference.tables.map(({ field, rowCount, schema }) => [field, rowCount, schema && Object.keys(schema)]),
      [
        ['a', 3, ['at', 'side', 'price', 'size', 'open']],
        ['b', 2, ['container', 'n']],
        ['empty', 0, null],
      ],
    )
    t.match({ rowCount: reference.rowCount, schema: reference.schema }, { rowCount: null, schema: null })
    t.strictSame(await reference.rows({ field: 'b', container: 'y' }).toArray(), [{ container: 'y', n: 2 }])
    t.strictSame(await reference.rows({ field: 'b', batches: true }).toArray(), [output.b])
    t.match(JSON.parse(JSON.stringify(reference)), { workflowId: 'w', phase: 'p', tables: { length: 3 } })
    t.throws(() => reference.rows(), { code: 'ERR_SPILLWAY_OPTION', message: /Choose one with `field`: a, b, empty/ })
    t.throws(() => reference.rows({ field: 'c' }), { message: /has no table `c`/ })
    t.throws(() => reference.rows({ fild: 'a' } as object), { message: /Did you mean `field`\?/ })
    // The reference keeps no data: without the files of the output, loading it fails.
    if (options === ON_DISK) {
      rmSync(join(directory, 'w/outputs/p'), { recursive: true })
      await t.rejects(reference.get(), { code: 'ERR_SPILLWAY_OUTPUT' })
    }
  }
})

t.test('values of every kind are loaded as they were stored', async (t) => {
  const circle: Record<string, unknown> = { name: 'circle' }
  circle['self'] = circle
  const shared = { x: 1 }
  const values: unknown[] = [
    undefined,
    null,
    0,
    -0,
    NaN,
    'text',
    10n ** 30n,
    [],
    {},
    [1, 'a', null],
    new Map([['a', new Set([1])]]),
    new Date(0),
    new Uint8Array([1, 2, 3]),
    circle,
    [shared, shared],
    { rows: [shared, shared], again: shared },
    JSON.parse('{"__proto__": [{"a": 1}], "constructor": 1}'),
    [
      { 'a.b': 1, 'c\\d': 2 },
      { 'a.b': 3, 'c\\d': 4 },
    ],
    [JSON.parse('{"__proto__": 1}')],
    [{ '': 1 }, { '': 2 }],
    [{ a: 1 }, { a: 1, b: 2 }, { b: 3 }],
    [{ a: 1 }, { a: 'x' }, { a: null }, { a: undefined }],
    [{ a: null }, { a: null }, { a: 5n }],
    [{ a: 2n ** 63n }],
    [{ a: '\ud800' }, { a: '\ufefftext' }],
    [{ a: new Date(8.64e15) }, { a: new Date(-1) }],
    [{ a: -0 }, { a: NaN }, { a: -Infinity }],
    [{ a: { b: 1 } }, { a: [1] }],
  ]
  for (const options of [{}, ON_DISK]) {
    const { manager } = managerIn(t, options)
    for (const [index, value] of values.entries()) {
      await manager.storePhaseOutput('w', 'p', value)
      t.strictSame(await manager.getPhaseOutput('w', 'p'), value, `value ${index}`)
    }
  }
})

t.test('above the memory budget, the least recently used output moves to the disk', async (t) => {
  const { directory, manager } = managerIn(t, { memoryBudgetBytes: 250_000 })
  const text = (letter: string) => ({ text: letter.repeat(100_000) })
  const reference = await manager.storePhaseOutput('w', 'a', text('a'))
  await manager.storePhaseOutput('w', 'b', text('b'))
  await manager.getPhaseOutput('w', 'a')
  await manager.storePhaseOutput('w', 'c', text('c'))
  t.strictSame(readdirSync(join(directory, 'w/outputs')), ['b'], 'a was used after b')
  await manager.storePhaseOutput('w', 'd', text('d'))
  t.strictSame(readdirSync(join(directory, 'w/outputs')), ['a', 'b'])
  t.strictSame(await reference.get(), text('a'), 'a reference stays valid after the move')
  for (const letter of ['a', 'b', 'c', 'd']) t.strictSame(await manager.getPhaseOutput('w', letter), text(letter))
})

t.test('an output replaces the previous one, in memory and on disk', async (t) => {
  const { directory, manager } = managerIn(t, { memoryLimitBytes: 1000 })
  const large = (n: number) => ({ n, text: 'x'.repeat(2000) })
  const outputs = [{ n: 1 }, large(2), large(3), { n: 4 }, { n: 5 }]
  for (const output of outputs) {
    const before = await manager.createReference('w', 'p').catch(() => undefined)
    await manager.storePhaseOutput('w', 'p', output)
    t.strictSame(await manager.getPhaseOutput('w', 'p'), output)
    if (before !== undefined) await t.rejects(before.get(), { code: 'ERR_SPILLWAY_OUTPUT', message: /was replaced/ })
    const files = filesIn(directory).length
    t.equal(files, 'text' in output ? 2 : 0, 'the files of the previous output are removed')
  }
})

t.test('a reader reads to the end while another output replaces its output', async (t) => {
  const { manager } = managerIn(t, ON_DISK)
  const rows = signals(5000)
  const reference = await manager.storePhaseOutput('w', 'p', rows)
  const read: unknown[] = []
  for await (const row of reference.rows()) {
    if (read.length === 10) await manager.storePhaseOutput('w', 'p', [{ other: 1 }])
    read.push(row)
  }
  t.strictSame(read, rows)
})

t.test('stores of one phase run in sequence, and the last output stays', async (t) => {
  const { manager } = managerIn(t, ON_DISK)
  const slow = (n: number) =>
    (async function* () {
      for (let i = 0; i < 20; i++) {
        await new Promise(setImmediate)
        yield { n }
      }
    })()
  await Promise.all([1, 2, 3].map((n) => manager.storePhaseOutput('w', 'p', slow(n))))
  t.strictSame(await manager.getPhaseOutput('w', 'p'), Array<object>(20).fill({ n: 3 }))
})

t.test('the error for a value that cannot be serialized names its field', async (t) => {
  const cases: [unknown, string][] = [
    [() => 1, 'output is a function'],
    [{ model: { predict: () => 1 } }, 'output.model.predict is a function'],
    [{ list: [1, { at: Symbol('x') }] }, 'output.list[1].at is a symbol'],
    [[{ a: 1 }, { a: () => 1 }], 'output[1].a is a function'],
    [{ signals: [{ a: 1 }, { f: () => 1 }] }, 'output.signals[1].f is a function'],
    [{ map: new Map([['k', () => 1]]) }, 'output.map.get("k") is a function'],
    [{ later: Promise.resolve(1) }, 'output.later is a Promise'],
    [{ deep: { stream: Readable.from([]) } }, 'output.deep.stream is a stream'],
    [Readable.from([{ a: 1 }, { a: () => 1 }]), 'output[1].a is a function'],
    [Readable.from([{ a: 1 }, 5]), 'output[1] is 5 (number), not a row'],
  ]
  for (const options of [{}, ON_DISK]) {
    const { directory, manager } = managerIn(t, options)
    for (const [output, message] of cases) {
      if (output instanceof Readable && output.destroyed) continue
      await t.rejects(manager.storePhaseOutput('w', 'p', output), {
        code: 'ERR_SPILLWAY_OUTPUT',
        message,
        place: { phase: 'p' },
      })
    }
    t.strictSame(filesIn(directory), [])
  }
})

t.test('a stream that fails stores nothing, and the previous output stays', async (t) => {
  const { directory, manager } = managerIn(t, ON_DISK)
  await manager.storePhaseOutput('w', 'p', { kept: true })
  const before = filesIn(directory)
  let closed = false
  const failing = (error: Error) =>
    (async function* () {
      try {
        yield* signals(3000)
        throw error
      } finally {
        closed = true
      }
    })()
  await t.rejects(manager.storePhaseOutput('w', 'p', failing(new Error('cut off'))), {
    code: 'ERR_SPILLWAY_OUTPUT',
    message: /The output of phase "p" cannot be stored: its stream of rows failed: cut off/,
  })
  t.ok(closed)
  const abort = AbortSignal.abort().reason as Error
  t.equal(await manager.storePhaseOutput('w', 'p', failing(abort)).catch((error: unknown) => error), abort)
  t.strictSame(filesIn(directory), before)
  t.strictSame(await manager.getPhaseOutput('w', 'p'), { kept: true })
})

t.test('a source is closed when its rows cannot be stored', async (t) => {
  const { manager } = managerIn(t)
  const source = Readable.from(
    (function* () {
      for (;;) yield { f: () => 1 }
    })(),
  )
  await t.rejects(manager.storePhaseOutput('w', 'p', source), { code: 'ERR_SPILLWAY_OUTPUT' })
  t.ok(source.destroyed)
})

t.test('the error for a missing output lists the phases that have one', async (t) => {
  const { manager } = managerIn(t, { memoryLimitBytes: 100 })
  await t.rejects(manager.getPhaseOutput('w', 'p'), {
    code: 'ERR_SPILLWAY_OUTPUT',
    message:
      'Phase "p" of workflow "w" has no stored output. No phase of this workflow has a stored output. Check the name, or run that phase first.',
  })
  await manager.storePhaseOutput('w', 'signals', 1)
  await manager.storePhaseOutput('w', 'analysis', 'x'.repeat(1000))
  await t.rejects(manager.createReference('w', 'p'), {
    message: /Phases that have a stored output: "analysis", "signals"\./,
  })
})

t.test('several outputs are loaded in one call, by name', async (t) => {
  const { manager } = managerIn(t)
  await manager.storePhaseOutput('w', 'a', 1)
  await manager.storePhaseOutput('w', '__proto__', 2)
  const outputs = await manager.getPhaseOutputs('w', ['a', '__proto__'])
  t.equal(Object.getPrototypeOf(outputs), null)
  t.strictSame(Object.entries(outputs), [
    ['a', 1],
    ['__proto__', 2],
  ])
})

t.test('another manager of the same directory finds the outputs on disk', async (t) => {
  const { directory, manager } = managerIn(t, ON_DISK)
  const output = { signals: signals(300), note: 'kept' }
  await manager.storePhaseOutput('w', 'p', output)
  t.strictSame(await new DataFlowManager({ directory }).getPhaseOutput('w', 'p'), output)
})

t.test('a transfer copies an output, from memory and from disk', async (t) => {
  for (const options of [{}, ON_DISK]) {
    const { directory, manager } = managerIn(t, options)
    const rows: ResultRecord[] = [...signals(700), { odd: true }]
    await manager.storePhaseOutput('w', 'p', { rows, note: 1 })
    const reference = await manager.transferData(
      { workflowId: 'w', phaseName: 'p' },
      { workflowId: 'other', phaseName: 'q' },
    )
    await manager.cleanupWorkflow('w')
    t.strictSame(await reference.get(), { rows, note: 1 })
    if (options === ON_DISK) {
      t.strictSame(await new DataFlowManager({ directory }).getPhaseOutput('other', 'q'), { rows, note: 1 })
    }
  }
})

t.test('cleanupWorkflow removes the outputs of the workflow, and nothing else', async (t) => {
  const { directory, manager } = managerIn(t, { memoryLimitBytes: 100 })
  const reference = await manager.storePhaseOutput('w', 'small', 1)
  await manager.storePhaseOutput('w', 'large', 'x'.repeat(1000))
  await manager.storePhaseOutput('other', 'large', 'y'.repeat(1000))
  mkdirSync(join(directory, 'w/results'))
  writeFileSync(join(directory, 'w/results/part'), '')
  await manager.cleanupWorkflow('w')
  t.match(filesIn(directory), [/^other/, /^other/, 'w/results/part'])
  t.notOk(existsSync(join(directory, 'w/outputs')))
  await t.rejects(manager.getPhaseOutput('w', 'small'), { code: 'ERR_SPILLWAY_OUTPUT' })
  await t.rejects(reference.get(), { message: /was replaced or cleaned up/ })
  await manager.cleanupWorkflow('w')
})

t.test('names of workflows and phases cannot leave the directory', async (t) => {
  const { directory, manager } = managerIn(t, ON_DISK)
  await manager.storePhaseOutput('../../etc', '../passwd', 1)
  t.equal(await manager.getPhaseOutput('../../etc', '../passwd'), 1)
  t.match(filesIn(directory), [/^\.\.%2F\.\.%2Fetc\/outputs\/\.\.%2Fpasswd\//, /output\.json$/])
  for (const name of ['', '..', 'a\0b', 'x'.repeat(5000)]) {
    await t.rejects(manager.storePhaseOutput('w', name, 1), { code: 'ERR_SPILLWAY_NAME' })
    await t.rejects(manager.getPhaseOutput(name, 'p'), { code: 'ERR_SPILLWAY_NAME' })
  }
})

t.test('rejects unknown options', async (t) => {
  t.throws(() => new DataFlowManager({ directory: 'x', memoryLimitByte: 1 } as unknown as DataFlowManagerOptions), {
    message: /Did you mean `memoryLimitBytes`\?/,
  })
  t.throws(() => new DataFlowManager({} as DataFlowManagerOptions), { code: 'ERR_SPILLWAY_OPTION' })
})

t.test('DuckDB reads the rows of a table with many row groups as they were stored', async (t) => {
  const { directory, manager } = managerIn(t, ON_DISK)
  const rows = signals(40_000).map((row, i) => ({
    ...row,
    late: i < 39_000 ? null : i,
    'a.b': `text ${i}`,
    none: null,
  }))
  const reference = await manager.storePhaseOutput('w', 'p', rows.values())
  const [parquet] = filesIn(directory).filter((name) => name.endsWith('.parquet'))
  t.equal(filesIn(directory).length, 2)
  const connection = await openDuckDb()
  const path = join(directory, parquet ?? '')
  const groups = await rowsByDuckDb(
    connection,
    `SELECT count(DISTINCT row_group_id) > 3 FROM parquet_metadata('${path}')`,
  )
  t.strictSame(groups, [['true']])
  const found = await rowsByDuckDb(connection, `SELECT * FROM '${path}'`)
  connection.closeSync()
  const wanted = showRows(rows.map((row) => Object.values(row)))
  t.ok(isDeepStrictEqual(found, wanted))
  t.ok(isDeepStrictEqual(await reference.rows().toArray(), rows))
})

t.test('an output of exactly the limit goes to the disk, one byte less stays in memory', async (t) => {
  const value = { rows: [{ a: 1 }], text: 'x'.repeat(100) }
  const { bytes } = await managerIn(t).manager.storePhaseOutput('w', 'p', value)
  for (const [memoryLimitBytes, files] of [
    [bytes, 3],
    [bytes + 1, 0],
  ] as const) {
    const { directory, manager } = managerIn(t, { memoryLimitBytes })
    await manager.storePhaseOutput('w', 'p', value)
    t.equal(filesIn(directory).length, files)
  }
})

t.test('an output larger than the whole budget goes to the disk, and moves no other output', async (t) => {
  const { directory, manager } = managerIn(t, { memoryBudgetBytes: 1000 })
  await manager.storePhaseOutput('w', 'small', 'x'.repeat(500))
  await manager.storePhaseOutput('w', 'large', 'y'.repeat(2000))
  t.strictSame(readdirSync(join(directory, 'w/outputs')), ['large'])
})

t.test('a replaced output does not count towards the memory budget', async (t) => {
  const { directory, manager } = managerIn(t, { memoryBudgetBytes: 1000 })
  await manager.storePhaseOutput('w', 'other', 'x'.repeat(400))
  for (let i = 0; i < 3; i++) await manager.storePhaseOutput('w', 'p', 'y'.repeat(500 + i))
  t.strictSame(filesIn(directory), [])
})

t.test('a transfer of an output to its own phase keeps the output', async (t) => {
  for (const options of [{}, ON_DISK]) {
    const { directory, manager } = managerIn(t, options)
    const output = { rows: signals(5), note: 1 }
    await manager.storePhaseOutput('w', 'p', output)
    const place = { workflowId: 'w', phaseName: 'p' }
    const files = filesIn(directory).length
    t.strictSame(await (await manager.transferData(place, place)).get(), output)
    t.equal(filesIn(directory).length, files)
  }
})

t.test('a Proxy is rejected, in memory and on disk', async (t) => {
  for (const options of [{}, ON_DISK]) {
    const { manager } = managerIn(t, options)
    const rows = [{ a: 1 }, new Proxy({ a: 2 }, {})]
    const message = /: output\[1\] is a Proxy/
    await t.rejects(manager.storePhaseOutput('w', 'p', rows), { code: 'ERR_SPILLWAY_OUTPUT', message })
    await t.rejects(manager.storePhaseOutput('w', 'p', rows.values()), { code: 'ERR_SPILLWAY_OUTPUT', message })
  }
})

t.test('the rows of a field with any name can be read', async (t) => {
  for (const options of [{}, ON_DISK]) {
    const { manager } = managerIn(t, options)
    const output = JSON.parse('{"__proto__": [{"a": 1}], "": [{"a": 2}], "a.b": [{"a": 3}]}') as object
    const reference = await manager.storePhaseOutput('w', 'p', output)
    for (const [field, rows] of Object.entries(output)) t.strictSame(await reference.rows({ field }).toArray(), rows)
    t.throws(() => reference.rows({ field: 'toString' }), { code: 'ERR_SPILLWAY_OPTION' })
  }
})

t.test('a stream that fails while its store waits fails only that store', async (t) => {
  const { manager } = managerIn(t)
  const gate = makeDeferred<void>()
  const first = manager.storePhaseOutput(
    'w',
    'p',
    (async function* () {
      yield { a: 1 }
      await gate.promise
    })(),
  )
  const failing = new Readable({ objectMode: true, read() {} })
  const second = manager.storePhaseOutput('w', 'p', failing)
  failing.destroy(new Error('cut off'))
  await new Promise(setImmediate)
  gate.resolve()
  await first
  await t.rejects(second, { code: 'ERR_SPILLWAY_OUTPUT', message: /cut off/ })
  t.strictSame(await manager.getPhaseOutput('w', 'p'), [{ a: 1 }])
})

t.test('rows are stored as they were when yielded; later changes have no effect', async (t) => {
  for (const memoryLimitBytes of [0, 20_000, 10_000_000]) {
    const { manager } = managerIn(t, { memoryLimitBytes })
    const made: { n: number }[] = []
    const changing = function* () {
      for (let n = 0; n < 5000; n++) {
        const row = { n }
        made.push(row)
        yield row
        // A row that was yielded 1000 rows ago is no longer in the current batch, so it has been serialized.
        const earlier = made[n - 1000]
        if (earlier !== undefined) earlier.n = -1
      }
    }
    const reference = await manager.storePhaseOutput('w', 'p', changing())
    const rows = (await reference.get()) as { n: number }[]
    t.ok(
      rows.every(({ n }, index) => n === index),
      `limit ${memoryLimitBytes}`,
    )
  }
})

t.test('a manifest that was copied from another phase is rejected', async (t) => {
  const { directory, manager } = managerIn(t, ON_DISK)
  await manager.storePhaseOutput('w', 'p', 1)
  cpSync(join(directory, 'w/outputs/p'), join(directory, 'w/outputs/q'), { recursive: true })
  await t.rejects(manager.getPhaseOutput('w', 'q'), {
    code: 'ERR_SPILLWAY_OUTPUT',
    message: /it belongs to another phase/,
  })
})
