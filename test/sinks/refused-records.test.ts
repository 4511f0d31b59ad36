/**
 * Values that no file can contain, the same in every format.
 */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { deadLettersOf, numbersOf, rowsOfFile, variant } from '../helpers/sink-formats.ts'
import { expectCounts, writeAll } from '../helpers/sink-conformance.ts'

class Money {
  readonly amount = 5
  readonly currency = 'CHF'
  get text(): string {
    return `${this.amount} ${this.currency}`
  }
}

function cycle(): object {
  const parent: Record<string, unknown> = {}
  parent['child'] = { list: [{ parent }] }
  return parent
}

function nested(levels: number): object {
  let value: object = { n: 0 }
  for (let level = 0; level < levels; level++) value = { in: value }
  return value
}

/** A value for field `x`, the reason of the refusal, and the refused field. */
const refused: readonly [string, () => unknown, RegExp, string][] = [
  ['a function', () => () => 0, /a function cannot be written/, 'x'],
  ['a symbol', () => Symbol('s'), /a symbol cannot be written/, 'x'],
  ['a Map', () => new Map([['a', 1]]), /a Map cannot be written/, 'x'],
  ['a Set', () => new Set([1]), /a Set cannot be written/, 'x'],
  ['an invalid Date', () => new Date(NaN), /an invalid Date cannot be written/, 'x'],
  ['a RegExp', () => /x/, /a RegExp cannot be written/, 'x'],
  ['a typed array that is not of bytes', () => new Float64Array(2), /a Float64Array cannot be written/, 'x'],
  ['a Promise', () => Promise.resolve(), /a Promise cannot be written/, 'x'],
  ['a function in an object', () => ({ deep: { er: () => 0 } }), /a function cannot be written/, 'x.deep.er'],
  ['a function in an array', () => [1, [() => 0]], /a function cannot be written/, 'x.1.0'],
  ['a Map in an object in an array', () => [{ map: new Map() }], /a Map cannot be written/, 'x.0.map'],
  ['a symbol under a key with a dot', () => ({ 'a.b\\': Symbol('s') }), /a symbol cannot be written/, 'x.a\\.b\\\\'],
  ['a cycle', cycle, /a cycle cannot be written/, 'x.child.list.0.parent'],
  [
    'an array that contains itself',
    () => {
      const list: unknown[] = [1]
      list.push(list)
      return list
    },
    /a cycle cannot be written/,
    'x.1',
  ],
  [
    'a value that is nested too deeply',
    () => nested(201),
    /nested deeper than 200 levels/,
    ['x', ...Array(200).fill('in')].join('.'),
  ],
  [
    'a getter that throws',
    () => ({
      get y() {
        throw new Error('not today')
      },
    }),
    /could not be read: not today/,
    'x.y',
  ],
  [
    'a getter that throws a string',
    () => ({
      get y() {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw 'not today'
      },
    }),
    /could not be read: not today/,
    'x.y',
  ],
  [
    'a toJSON that throws',
    () => ({
      toJSON() {
        throw new Error('not today')
      },
    }),
    /could not be read: not today/,
    'x',
  ],
  ['a toJSON that returns a Map', () => ({ toJSON: () => new Map() }), /a Map cannot be written/, 'x'],
  [
    'a toJSON that never ends',
    () => {
      const self = { toJSON: () => self }
      return self
    },
    /could not be read: its toJSON returns/,
    'x',
  ],
]

/** Records that are not objects. */
const nonRecords: readonly [string, unknown, RegExp][] = [
  ['a string', 'text', /must be an object, got string/],
  ['a number', 5, /must be an object, got number/],
  ['a bigint', 5n, /must be an object, got bigint/],
  ['undefined', undefined, /must be an object, got nothing/],
  ['null', null, /must be an object, got nothing/],
  ['an array', [1], /must be an object, got array/],
  ['a Date', new Date(0), /must be an object, got date/],
  ['bytes', Buffer.from('x'), /must be an object, got bytes/],
  ['a Map', new Map(), /must be an object, got a Map/],
  ['a function', () => 0, /must be an object, got a function/],
  ['an object whose toJSON returns a string', new URL('http://localhost/'), /must be an object, got string/],
  ['an object whose toJSON returns undefined', { toJSON: () => undefined }, /must be an object, got nothing/],
  [
    'a getter that throws',
    {
      get x() {
        throw new Error('not today')
      },
    },
    /could not be read: not today/,
  ],
]

for (const name of ['jsonl', 'csv', 'parquet'] as const) {
  const format = variant(name)
  for (const inferRows of [1, 1000]) {
    t.test(`${name} ${inferRows === 1 ? 'once its columns are known' : 'before its columns are known'}`, async (t) => {
      const write = async (t: Test, bad: readonly unknown[]) => {
        const path = join(t.testdir(), 'results')
        const sink = await writeAll([[{ n: 0 }, ...bad, { n: 1 }]], { ...format.options, path, inferRows })
        t.strictSame(numbersOf(await rowsOfFile(path, format)), [0, 1], 'keeps the records before and after it')
        expectCounts(t, sink, 2, bad.length)
        return deadLettersOf(sink.deadLetterPath!)
      }

      for (const [what, make, reason, field] of refused) {
        t.test(`refuses ${what}`, async (t) => {
          const letters = await write(t, [{ n: 7, x: make() }])
          t.match(letters, [{ stage: 'encode', reason, field, record: { n: 7 } }])
          t.equal(letters.length, 1)
        })
      }

      for (const [what, record, reason] of nonRecords) {
        t.test(`refuses ${what} as a record`, async (t) => {
          t.match(await write(t, [record]), [{ stage: 'encode', reason }])
        })
      }
    })
  }

  t.test(`${name} writes objects of all supported kinds`, async (t) => {
    const path = join(t.testdir(), 'results')
    const records = [
      new Money(),
      { amount: 6, currency: { toJSON: () => 'EUR' } },
      { toJSON: () => ({ amount: 7, currency: 'USD' }) },
      Object.assign(Object.create(null), { amount: 8, currency: 'SEK' }),
      Object.defineProperty({ amount: 9, currency: 'NOK' }, 'hidden', { value: () => 0, enumerable: false }),
      { amount: 10, currency: 'DKK', [Symbol('key')]: () => 0 },
      { amount: 11, currency: { toJSON: () => ({ toJSON: () => 'GBP' }) } },
    ]
    const sink = await writeAll([records], { ...format.options, path })
    expectCounts(t, sink, 7)
    t.strictSame(
      (await rowsOfFile(path, format)).map(({ amount, currency }) => `${amount} ${currency}`),
      ['5 CHF', '6 EUR', '7 USD', '8 SEK', '9 NOK', '10 DKK', '11 GBP'],
    )
  })

  t.test(`${name} writes 200 levels of nesting`, async (t) => {
    const path = join(t.testdir(), 'results')
    expectCounts(t, await writeAll([nested(200)], { ...format.options, path }), 1)
  })

  t.test(`${name} passes rejections to onReject, one at a time`, async (t) => {
    const path = join(t.testdir(), 'results')
    const events: string[] = []
    const onReject = async ({ field }: { field?: string }) => {
      events.push(`begin ${field}`)
      await Promise.resolve()
      events.push(`end ${field}`)
    }
    const records = [{ n: 0 }, { n: 1, a: Symbol('a') }, { n: 2, b: new Map() }]
    const sink = await writeAll(records, { ...format.options, path, onReject })
    t.strictSame(events, ['begin a', 'end a', 'begin b', 'end b'])
    t.equal(sink.deadLetterPath, null)
    expectCounts(t, sink, 1, 2)
  })
}
