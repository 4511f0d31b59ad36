/**
 * Any loaded output equals the stored one, in memory and on disk, for any chunks of its rows.
 */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { DataFlowManager } from '../../lib/data-flow-manager.ts'
import type { PhaseReference } from '../../lib/outputs/reference.ts'

/** On disk, on disk after the first few rows, and in memory. */
const LIMITS = [0, 2000, 1e9]

function managersIn(t: Test): DataFlowManager[] {
  const directory = t.testdir()
  return LIMITS.map(
    (memoryLimitBytes) =>
      new DataFlowManager({ directory: join(directory, String(memoryLimitBytes)), memoryLimitBytes }),
  )
}

/** Keys that have a special meaning in JavaScript, in a file format or in a reader. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'container', 'phase', '0', '10', 'A'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'length', 'hasOwnProperty', 'next', 'then'),
  fc.constantFrom(
    '',
    'a.b',
    'a\\.b',
    '\\',
    '\\\\',
    '.',
    'a\n',
    '\ufeff',
    '\ufeffa',
    'a\ufeff',
    '\ud800',
    'é',
    'e\u0301',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '\ufeff',
    '\ufeffa',
    '\ud800',
    'a\udc00',
    '😀',
    '\0',
    '2020-01-01T00:00:00Z',
    '12345678901234567890',
    'null',
  ),
)

const cells: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  number: fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 2 ** 53 + 2, 5e-324)),
  text,
  flag: fc.boolean(),
  date: fc.oneof(
    fc.date({ noInvalidDate: true }),
    fc.constantFrom(new Date(8.64e15), new Date(-8.64e15), new Date(-1)),
  ),
  int: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(0n, 2n ** 63n - 1n, -(2n ** 63n)),
  ),
  wide: fc.constantFrom(2n ** 63n, -(2n ** 63n) - 1n, 10n ** 40n),
  none: fc.constant(null),
  undefined: fc.constant(undefined),
  odd: fc.constantFrom(new Map([[{ a: 1 }, new Set([NaN])]]), /a+/giu, new Uint8Array([0, 255]), Object(1n)),
  nested: fc.oneof(
    fc.dictionary(key, text, { maxKeys: 3, noNullPrototype: false }),
    fc.array(fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true })),
  ),
}

/** A column: the kind of most of its cells, and the kind of a few others. */
const column = fc.record({
  key,
  kind: fc.constantFrom('number', 'text', 'flag', 'date', 'int', 'number', 'text', 'none', 'nested'),
  other: fc.constantFrom(...Object.keys(cells)),
  // Percent of the cells.
  others: fc.constantFrom(0, 0, 0, 0, 2, 30),
  nulls: fc.constantFrom(0, 0, 10, 95),
  missing: fc.constantFrom(0, 0, 0, 0, 0, 3),
})

type Rows = Record<string, unknown>[]

/** Rows that mostly have the same columns, so that tables are Parquet, frames, or Parquet and then frames. */
const rows: fc.Arbitrary<Rows> = fc
  .uniqueArray(column, { selector: (column) => column.key, maxLength: 6 })
  .chain((columns) =>
    fc.array(
      fc
        .tuple(
          fc.boolean(),
          ...columns.map(({ key, kind, other, others, nulls, missing }) =>
            fc
              .oneof(
                { arbitrary: cells[kind] ?? fc.constant(null), weight: 100 },
                { arbitrary: cells[other] ?? fc.constant(null), weight: others },
                { arbitrary: fc.constant(null), weight: nulls },
                { arbitrary: fc.constant(ABSENT), weight: missing },
              )
              .map((cell) => [key, cell] as const),
          ),
        )
        .map(([plain, ...entries]) => {
          const row = Object.fromEntries(entries.filter(([, cell]) => cell !== ABSENT))
          return plain ? row : (Object.assign(Object.create(null), row) as typeof row)
        }),
      { maxLength: 60, size: 'max' },
    ),
  )

const ABSENT = Symbol('absent')

const anything = fc.anything({
  key,
  maxDepth: 3,
  withBigInt: true,
  withBoxedValues: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
})

const output = fc.oneof(
  { arbitrary: rows, weight: 3 },
  { arbitrary: fc.dictionary(key, fc.oneof(rows, anything), { maxKeys: 4, noNullPrototype: false }), weight: 3 },
  { arbitrary: anything, weight: 2 },
)

/** The expected loaded value: prototypes are not kept, everything else is. */
function expected(value: unknown): unknown {
  return structuredClone(value)
}

function sameKeys(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return true
  const keys = Object.keys(a)
  if (keys.join('\n') !== Object.keys(b).join('\n')) return false
  return keys.every((key) => {
    const [left, right] = [Reflect.get(a, key) as unknown, Reflect.get(b, key) as unknown]
    // Objects at deeper levels are serialized as a whole.
    return !Array.isArray(left) || !Array.isArray(right) || left.every((row, i) => sameOrder(row, right[i]))
  })
}

function sameOrder(a: unknown, b: unknown): boolean {
  return Object.keys(Object(a) as object).join('\n') === Object.keys(Object(b) as object).join('\n')
}

/** The properties of a reference that are the same in memory and on disk. */
function facts({ rowCount, schema, tables }: PhaseReference): unknown {
  return { rowCount, schema, tables: tables.map(({ bytes: _, ...table }) => table) }
}

t.test('any output is loaded deeply equal, from memory and from disk', async (t) => {
  const managers = managersIn(t)
  await fc.assert(
    fc.asyncProperty(output, async (value) => {
      const wanted = expected(value)
      let first: unknown
      for (const manager of managers) {
        const reference = await manager.storePhaseOutput('w', 'p', value)
        const loaded = await manager.getPhaseOutput('w', 'p')
        if (!isDeepStrictEqual(loaded, wanted) || !sameKeys(loaded, wanted)) return false
        if (!isDeepStrictEqual(await reference.get(), wanted)) return false
        first ??= facts(reference)
        if (!isDeepStrictEqual(facts(reference), first)) return false
        for (const { field, rowCount } of reference.tables) {
          const streamed = await reference.rows(field === null ? {} : { field }).toArray()
          const table = field === null ? wanted : Object.entries(wanted as object).find(([key]) => key === field)?.[1]
          if (streamed.length !== rowCount || !isDeepStrictEqual(streamed, table)) return false
        }
      }
      return true
    }),
    { numRuns: 80 },
  )
})

t.test('rows of a stream are stored like rows of an array, for any chunks', async (t) => {
  const managers = managersIn(t)
  const chunks = (all: Rows, sizes: readonly number[]) => {
    const pieces: (Rows | Rows[number])[] = []
    for (let from = 0, i = 0; from < all.length; i++) {
      const size = sizes[i % sizes.length] ?? 1
      pieces.push(size === 1 ? (all[from] ?? {}) : all.slice(from, from + size))
      from += size
    }
    return pieces
  }
  const streams = {
    Readable: (pieces: unknown[]) => Readable.from(pieces),
    'web stream': (pieces: unknown[]) => Readable.toWeb(Readable.from(pieces)),
    iterator: (pieces: unknown[]) => pieces.values(),
    async *'async generator'(pieces: unknown[]) {
      yield* pieces
    },
  }
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.array(fc.constantFrom(1, 2, 7, 40), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(...Object.values(streams)),
      async (all, sizes, stream) => {
        const wanted = expected(all)
        let first: unknown
        for (const manager of managers) {
          const reference = await manager.storePhaseOutput('w', 'p', stream(chunks(all, sizes)))
          if (!isDeepStrictEqual(await manager.getPhaseOutput('w', 'p'), wanted)) return false
          first ??= facts(reference)
          if (!isDeepStrictEqual(facts(reference), first)) return false
        }
        return true
      },
    ),
    { numRuns: 40 },
  )
})

t.test('an output stays the same after it has moved to the disk, and after a transfer', async (t) => {
  const directory = t.testdir()
  const manager = new DataFlowManager({ directory, memoryLimitBytes: 1e9, memoryBudgetBytes: 1e9 })
  const small = new DataFlowManager({ directory, memoryLimitBytes: 1e9, memoryBudgetBytes: 0 })
  await fc.assert(
    fc.asyncProperty(output, async (value) => {
      const wanted = expected(value)
      const spilled = await small.storePhaseOutput('w', 'p', value)
      await manager.storePhaseOutput('memory', 'p', value)
      for (const [workflowId, owner] of [
        ['w', small],
        ['memory', manager],
      ] as const) {
        const copy = await owner.transferData({ workflowId, phaseName: 'p' }, { workflowId, phaseName: 'copy' })
        if (!isDeepStrictEqual(await copy.get(), wanted)) return false
        if (!isDeepStrictEqual(facts(copy), facts(spilled))) return false
      }
      return isDeepStrictEqual(await spilled.get(), wanted)
    }),
    { numRuns: 40 },
  )
})
