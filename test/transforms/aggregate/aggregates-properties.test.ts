/**
 * Aggregates depend only on the records: not on their order, their batches, or how parts are merged.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { annotate, type Batch } from '../../../lib/core/batch.ts'
import type { ResultRecord } from '../../../lib/core/record.ts'
import { Aggregates } from '../../../transforms/aggregate/aggregates.ts'

const OPTIONS = { objective: { metric: 'score' }, topCount: 4 } as const

/** Random values of several magnitudes, and values that cause ties. */
const value = fc.oneof(
  fc.double({ min: -1e3, max: 1e3, noNaN: true }).map((noise) => (Math.abs(noise) < 1e-6 ? 0.1 : noise)),
  fc.constantFrom(0, -0, 1, 0.1, 0.2, 0.3),
)
/** The same metrics with their keys in any order. */
const metrics = fc
  .record(
    {
      score: fc.oneof({ weight: 9, arbitrary: value }, fc.constantFrom(NaN, Infinity)),
      profit: fc.oneof({ weight: 9, arbitrary: value }, fc.bigInt(-9n, 9n), fc.constantFrom('none', null)),
      nested: fc.record({ depth: value }),
    },
    { requiredKeys: [] },
  )
  .chain((made) => fc.shuffledSubarray(Object.entries(made), { minLength: Object.keys(made).length }))
  .map((entries): Record<string, unknown> => Object.fromEntries(entries))
const made = fc.record({ phase: fc.constantFrom('a', 'b'), container: fc.constantFrom('x', 'y', 'z', null), metrics })

/** Records with distinct timestamps: numbers, strings and dates. */
const records = fc.array(made, { maxLength: 60 }).map((all) =>
  all.map(({ phase, container, metrics }, place): ResultRecord => {
    const time = place * 7919
    const timestamp = place % 3 === 0 ? time : place % 3 === 1 ? `t${String(time).padStart(9, '0')}` : new Date(time)
    return { phase, container, timestamp, result: { metrics } }
  }),
)

const shuffled = records.chain((all) =>
  fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.nat(all.length)),
)

/** Batches with identity. Each is one run of records of one container. The runs of a container are in order. */
const identified = fc
  .array(fc.tuple(fc.nat(4), fc.nat(1), fc.array(made, { maxLength: 6 })), { maxLength: 20 })
  .map((runs) => {
    const seqs = new Map<string, number>()
    return runs.map(([containerIndex, iteration, all]) => {
      const id = `${containerIndex}/${iteration}`
      const firstSeq = seqs.get(id) ?? 0
      seqs.set(id, firstSeq + all.length)
      const batch = all.map(({ container, metrics }): ResultRecord => ({ phase: 'a', container, result: { metrics } }))
      return annotate(batch, { segments: [{ count: batch.length, containerIndex, iteration, attempt: 1, firstSeq }] })
    })
  })

function aggregate(chunks: readonly unknown[], options: object = OPTIONS): Aggregates {
  const aggregates = new Aggregates(options)
  for (const chunk of chunks) aggregates.add(chunk)
  return aggregates
}

/** Everything that a state exposes. */
function view(aggregates: Aggregates): unknown {
  const phases = ['a', 'b'].map((phase) => [...aggregates.containerSummaries(phase)])
  return { summary: aggregates.summary(), phases }
}

function assertSame(actual: Aggregates, expected: Aggregates): void {
  assert.deepEqual(view(actual), view(expected))
  assert.equal(JSON.stringify(view(actual)), JSON.stringify(view(expected)))
}

function restored(aggregates: Aggregates): Aggregates {
  return Aggregates.fromJSON(JSON.parse(JSON.stringify(aggregates)))
}

t.test('is the same for records in any order', async () => {
  fc.assert(fc.property(shuffled, ([all, order]) => assertSame(aggregate([order]), aggregate([all]))))
})

t.test('is the same for records in any order, merged from parts', async () => {
  fc.assert(
    fc.property(shuffled, ([all, order, cut]) => {
      const merged = aggregate([order.slice(cut)])
      merged.merge(aggregate([order.slice(0, cut)]))
      assertSame(merged, aggregate([all]))
    }),
  )
})

t.test('is the same for batches of identified containers in any order, merged from parts', async () => {
  const shuffledRuns = identified.chain((runs) =>
    fc.tuple(fc.constant(runs), fc.shuffledSubarray(runs, { minLength: runs.length }), fc.nat(runs.length)),
  )
  for (const options of [OPTIONS, { ...OPTIONS, maxContainers: 3 }]) {
    fc.assert(
      fc.property(shuffledRuns, ([runs, order, cut]) => {
        const merged = aggregate(order.slice(cut), options)
        merged.merge(aggregate(order.slice(0, cut), options))
        assertSame(merged, aggregate(runs, options))
        assertSame(aggregate(order, options), aggregate(runs, options))
      }),
    )
  }
})

t.test('is the same when parts of records without timestamps are merged in order', async () => {
  fc.assert(
    fc.property(fc.array(made, { maxLength: 40 }), fc.nat(40), (all, cut) => {
      const untimed = all.map(({ phase, container, metrics }) => ({ phase, container, result: { metrics } }))
      const merged = aggregate([untimed.slice(0, cut)])
      merged.merge(aggregate([untimed.slice(cut)]))
      assertSame(merged, aggregate([untimed]))
    }),
  )
})

t.test('is the same for single records and for batches', async () => {
  fc.assert(fc.property(records, (all) => assertSame(aggregate(all), aggregate([all]))))
})

t.test('is restored from JSON exactly, and can be continued', async () => {
  fc.assert(
    fc.property(records, identified, fc.nat(60), (all, runs, cut) => {
      const chunks: (ResultRecord | Batch)[] = [...all, ...runs]
      const resumed = restored(aggregate(chunks.slice(0, cut)))
      assert.deepEqual(resumed.toJSON(), aggregate(chunks.slice(0, cut)).toJSON())
      for (const chunk of chunks.slice(cut)) resumed.add(chunk)
      assertSame(resumed, aggregate(chunks))
      assert.deepEqual(restored(resumed).toJSON(), resumed.toJSON())
    }),
  )
})

t.test('lists as top performers the records of each phase that a sort puts first', async () => {
  fc.assert(
    fc.property(records, fc.constantFrom('max', 'min'), (all, direction) => {
      const firstOf = (phase: unknown) =>
        all
          .filter((record) => record['phase'] === phase)
          .map((record) => (record.result as { metrics: { score?: number } }).metrics.score ?? NaN)
          .filter((score) => Number.isFinite(score))
          .sort((a, b) => (direction === 'max' ? b - a : a - b))
          .slice(0, 4)
      const { topPerformers } = aggregate([all], { objective: { metric: 'score', direction }, topCount: 4 }).summary()
      assert.deepEqual(
        topPerformers.map((performer) => performer.value + 0),
        ['a', 'b'].flatMap(firstOf).map((score) => score + 0),
      )
    }),
  )
})

t.test('matches the definitions of the statistics', async () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 50 }), (values) => {
      const all = values.map((score, timestamp) => ({ phase: 'a', timestamp, result: { metrics: { score } } }))
      const { mean, variance, stddev, ...rest } = aggregate([all]).summary().phases['a']!.metrics['score']!
      const expectedMean = values.reduce((sum, score) => sum + score, 0) / values.length
      const squares = values.reduce((sum, score) => sum + (score - expectedMean) ** 2, 0) / (values.length - 1)
      assert.ok(Math.abs(mean! - expectedMean) < 1e-9)
      assert.ok(Math.abs(variance! - squares) <= 1e-9 * (1 + squares))
      assert.equal(stddev, Math.sqrt(variance!))
      assert.deepEqual([rest.min, rest.max], [Math.min(...values), Math.max(...values)])
      assert.deepEqual([rest.first, rest.last], [values[0], values.at(-1)])
    }),
  )
})

t.test('refuses a malformed state', async (t) => {
  const batch = [1, 2, 3].map((score) => ({
    phase: 'a',
    container: 'x',
    result: { metrics: { score, [`m${score}`]: 1 } },
  }))
  const text = JSON.stringify(aggregate([batch]))
  t.doesNotThrow(() => Aggregates.fromJSON(JSON.parse(text)))
  const damages: ((state: ReturnType<typeof JSON.parse>) => unknown)[] = [
    () => null,
    () => [],
    (state) => ({ ...state, version: 1 }),
    (state) => ({ ...state, options: null }),
    (state) => ({ ...state, droppedRecords: -1 }),
    (state) => ({ ...state, phases: {} }),
    (state) => ({ ...state, phases: [state.phases[0], state.phases[0]] }),
    (state) => void (state.phases[0].phase = 5),
    (state) => void (state.phases[0].containers = []),
    (state) => void (state.phases[0].containers.counts = []),
    (state) => void (state.phases[0].containers.names = null),
    (state) => void (state.phases[0].containers.names[1] = 5),
    (state) => void state.phases[0].containers.names.pop(),
    (state) => void (state.phases[0].containers.counts[1] = 2),
    (state) => void (state.phases[0].containers.firstKeys[1] = {}),
    (state) => void state.phases[0].containers.lastKeys.pop(),
    (state) => void state.phases[0].containers.counts.push(1),
    (state) => void (state.phases[0].metrics[0].rows = 'no base64'),
    (state) => void (state.phases[0].metrics[0].rows = ''),
    (state) =>
      void (state.phases[0].metrics[0].rows = Buffer.from(new Float64Array(22).fill(NaN).buffer).toString('base64')),
    (state) => void (state.phases[0].metrics[1].keys = []),
    (state) => void (state.phases[0].metrics[0].name = null),
    (state) => void (state.phases[0].metrics[0].sketch = null),
    (state) => void state.phases[0].metrics.push(state.phases[0].metrics[0]),
    (state) => void (state.phases[0].top[0].values = 'AAAA'),
    (state) => void (state.phases[0].top[0].names = ['only']),
    (state) => void (state.phases[0].top[0].position = null),
    (state) => void (state.phases[0].top[0].timestamp = {}),
  ]
  for (const damage of damages) {
    const state: unknown = JSON.parse(text)
    const damaged = damage(state)
    t.throws(
      () => Aggregates.fromJSON(damaged === undefined ? state : damaged),
      { code: 'ERR_SPILLWAY_INPUT' },
      String(damage),
    )
  }
  const options = { ...(JSON.parse(text) as object), options: { topCount: -1 } }
  t.throws(() => Aggregates.fromJSON(options), { code: 'ERR_SPILLWAY_OPTION' })
})
