import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { barsFrom } from '../../../examples/sp500/bars.ts'
import { parameterSets } from '../../../examples/sp500/grid.ts'
import { IndicatorCache } from '../../../examples/sp500/indicator-cache.ts'
import { containerId, type RuleSpec } from '../../../examples/sp500/rules.ts'
import { signalRecords, signalSets, type SignalSet } from '../../../examples/sp500/signal-records.ts'
import { readRows } from './read-rows.ts'

const rows = readRows()
const indicators = new IndicatorCache(barsFrom(rows))
const specs = [...parameterSets(30)]
const records = specs.flatMap((spec) => {
  return signalRecords(spec, indicators).map((record) => ({ container: containerId(spec), ...record }))
})

async function setsOf(batches: readonly (readonly object[])[]): Promise<SignalSet[]> {
  const sets: SignalSet[] = []
  for await (const set of signalSets(batches)) sets.push(set)
  return sets
}

t.test('a record has the day, the close, the position and the parameters', async (t) => {
  const spec: RuleSpec = { family: 'rsi', params: { period: 14, oversold: 30, overbought: 70 } }
  const [first, second] = signalRecords(spec, indicators)
  t.match(first, { timestamp: '2000-01-03T21:00:00.000Z', day: 0, position: 0, ...spec })
  const { date, close } = rows[second!.day]!
  t.match(second, { timestamp: `${date}T21:00:00.000Z`, position: 1, price: close, ...spec })
})

t.test('a signal does not depend on later days', async (t) => {
  for (const spec of specs.slice(0, 6)) {
    const all = signalRecords(spec, indicators)
    for (const { day } of all.slice(0, 20)) {
      const known = new IndicatorCache(barsFrom(rows.slice(0, day + 1)))
      const until = all.filter((record) => record.day <= day)
      if (JSON.stringify(signalRecords(spec, known)) !== JSON.stringify(until))
        t.fail(`${containerId(spec)}, day ${day}`)
    }
  }
  t.pass('all sets')
})

t.test('the sets are the same for any split of the records into batches', async () => {
  const expected = JSON.stringify(await setsOf([records]))
  const cuts = fc.array(fc.nat(records.length), { maxLength: 20 }).map((at) => [0, ...at.sort((a, b) => a - b)])
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const batches = at.map((from, index) => records.slice(from, at[index + 1]))
      assert.equal(JSON.stringify(await setsOf(batches)), expected)
    }),
    { numRuns: 30 },
  )
})

t.test('each set has its id, its parameters and all its signals', async (t) => {
  const sets = await setsOf([records])
  t.strictSame(
    sets.map(({ container, family, params }) => ({ container, family, params })),
    specs.map((spec) => ({ container: containerId(spec), ...spec })),
  )
  t.equal(
    sets.reduce((sum, { signals }) => sum + signals.length, 0),
    records.length,
  )
})

t.test('parameters of other families, which are null in files with columns, are left out', async (t) => {
  const row = { container: 'a', family: 'f', params: { fast: 1, slow: null }, day: 0, position: 0 }
  t.strictSame(await setsOf([[row]]), [
    { container: 'a', family: 'f', params: { fast: 1 }, signals: [{ day: 0, position: 0 }] },
  ])
})

t.test('rejects a set whose records are not consecutive or whose first one is missing', async (t) => {
  const [first, second] = specs.map((spec) => records.filter(({ container }) => container === containerId(spec)))
  await t.rejects(setsOf([[...first!.slice(0, 2), ...second!, ...first!.slice(2)]]), {
    message: /fast=2,slow=20 begin on day/,
  })
  await t.rejects(setsOf([first!.slice(1)]), { message: /fast=2,slow=20 begin on day/ })
})

t.test('without records there are no sets', async (t) => {
  t.strictSame(await setsOf([]), [])
  t.strictSame(await setsOf([[]]), [])
})
