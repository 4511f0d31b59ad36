import t from 'tap'
import {
  abortSignal,
  callback,
  describeValue,
  expectValue,
  flag,
  integerFrom,
  numberFrom,
  oneOf,
  plainObject,
  resolveOptions,
  text,
  unknownKey,
  type Check,
} from '../../../lib/core/options.ts'

interface PaintOptions {
  readonly color?: string
  readonly coats?: number
}
const checks = { color: text, coats: integerFrom(1) }
const resolve = (given: unknown) => resolveOptions('Paint', given as PaintOptions, checks, { coats: 2 })

t.test('given options override the defaults', async (t) => {
  t.strictSame(resolve(undefined), { coats: 2 })
  t.strictSame(resolve({ color: 'red' }), { coats: 2, color: 'red' })
  t.strictSame(resolve({ coats: undefined }), { coats: 2 }, 'undefined counts as not given')
  t.strictSame(resolve({ coats: 1 }), { coats: 1 })
})

t.test('an unknown option is an error that suggests the nearest known one', async (t) => {
  const refused = (given: unknown, message: string) =>
    t.throws(() => resolve(given), { code: 'ERR_SPILLWAY_OPTION', message })
  refused({ colour: 'red' }, 'Unknown option of Paint: `colour`. Did you mean `color`?')
  refused({ temperature: 1 }, 'Unknown option of Paint: `temperature`. Known names: color, coats')
  refused(JSON.parse('{"__proto__":1}'), 'Unknown option of Paint: `__proto__`. Known names: color, coats')
  refused({ toString: 1 }, 'Unknown option of Paint: `toString`. Known names: color, coats')
  refused({ coats: '2' }, "Expected `coats` to be an integer from 1 up, got '2' (string)")
  refused({ coats: null }, 'Expected `coats` to be an integer from 1 up, got null')
  refused('red', "Expected the options of Paint to be an object, got 'red' (string)")
  refused([], 'Expected the options of Paint to be an object, got an empty array')
  t.match(unknownKey('x', ['a'], 'key').message, 'Unknown key: `x`.')
})

t.test('each check accepts valid values and rejects invalid ones', async (t) => {
  const table: readonly [Check, unknown[], unknown[]][] = [
    [text, ['a'], ['', 1, null]],
    [flag, [true, false], [0, 'true', null]],
    [callback, [() => 0], [{}, null]],
    [plainObject, [{}, new Map()], [[], null, 'x']],
    [abortSignal, [AbortSignal.abort()], [new AbortController()]],
    [integerFrom(2), [2, 2 ** 53 - 1], [1, 2.5, NaN, Infinity, 2 ** 53, '2', 2n]],
    [numberFrom(0.5), [0.5, 2, Infinity], [0.4, NaN, -Infinity, '1']],
    [oneOf(['a', 'b']), ['a', 'b'], ['c', 'A', undefined]],
  ]
  for (const [check, good, bad] of table) {
    for (const value of good) t.doesNotThrow(() => expectValue('x', value, check))
    for (const value of bad)
      t.throws(() => expectValue('x', value, check), { message: `to be ${check.expected}, got ` })
  }
})

t.test('describeValue gives a short text and the type', async (t) => {
  t.strictSame(
    [
      undefined,
      5,
      5n,
      true,
      'a',
      'x'.repeat(99),
      [],
      [1],
      {},
      new Map(),
      Object.create(null),
      () => 0,
      Symbol('s'),
    ].map(describeValue),
    [
      'undefined',
      '5 (number)',
      '5 (bigint)',
      'true (boolean)',
      "'a' (string)",
      `'${'x'.repeat(80)}...' (string)`,
      'an empty array',
      'an array',
      'an object (Object)',
      'an object (Map)',
      'an object (without a prototype)',
      'a function',
      'Symbol(s) (symbol)',
    ],
  )
})
