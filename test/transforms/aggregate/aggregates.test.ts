/**
 * Which values are counted, for which container, and the form of the summary.
 */
import t from 'tap'
import { annotate, type Segment } from '../../../lib/core/batch.ts'
import { Aggregates, type AggregatesOptions } from '../../../transforms/aggregate/aggregates.ts'
import { summarizeWorkflow, type ContainerSummary, type PhaseSummary } from '../../../transforms/aggregate/summaries.ts'

const score = { objective: { metric: 'score' } } as const

function record(container: unknown, metrics: unknown, timestamp?: unknown) {
  return { phase: 'search', container, timestamp, result: { metrics } }
}

function aggregate(records: readonly unknown[], options: AggregatesOptions = score): Aggregates {
  const aggregates = new Aggregates(options)
  aggregates.add(records)
  return aggregates
}

function search(aggregates: Aggregates): PhaseSummary {
  return aggregates.summary().phases['search']!
}

function containers(aggregates: Aggregates): ContainerSummary[] {
  return [...aggregates.containerSummaries('search')]
}

function segment(containerIndex: number, count: number, firstSeq = 0, iteration = 0): Segment {
  return { containerIndex, count, firstSeq, iteration, attempt: 1 }
}

t.test('describes the values of a metric', async (t) => {
  const { metrics } = search(
    aggregate([record('a', { score: 3 }), record('a', { score: 1 }), record('b', { score: 5 })]),
  )
  t.same(metrics['score'], {
    count: 3,
    nonFinite: 0,
    mean: 3,
    variance: 4,
    stddev: 2,
    min: 1,
    max: 5,
    first: 3,
    last: 5,
    quantiles: metrics['score']?.quantiles,
  })
  t.same(Object.keys(metrics['score']?.quantiles ?? {}), ['p01', 'p05', 'p25', 'p50', 'p75', 'p95', 'p99'])
  t.ok(Math.abs(metrics['score']!.quantiles!.p50 - 3) <= 0.03)
})

t.test('has no variance for one value, and no quantile outside of the range', async (t) => {
  const { metrics } = search(aggregate([record('a', { score: 0.7 })]))
  t.equal(metrics['score']?.variance, null)
  t.equal(metrics['score']?.stddev, null)
  t.ok(Object.values(metrics['score']!.quantiles!).every((quantile) => quantile === 0.7))
})

t.test('only counts values that are not finite', async (t) => {
  const { metrics } = search(aggregate([NaN, Infinity, -Infinity].map((value) => record('a', { score: value, ok: 1 }))))
  t.same(metrics['score'], {
    count: 0,
    nonFinite: 3,
    mean: null,
    variance: null,
    stddev: null,
    min: null,
    max: null,
    first: null,
    last: null,
    quantiles: null,
  })
  t.equal(metrics['ok']?.count, 3)
})

t.test('distinguishes -0 from 0', async (t) => {
  const { metrics } = search(aggregate([record('a', { score: 0 }), record('a', { score: -0 })]))
  t.ok(Object.is(metrics['score']?.min, -0))
  t.ok(Object.is(metrics['score']?.max, 0))
})

t.test('treats every numeric leaf as a metric, nested ones by their path', async (t) => {
  const nested = { a: 1, b: { c: 2, 'd.e': { f: 3n } }, text: 'x', list: [1], bytes: new Uint8Array(2), none: null }
  t.same(Object.keys(search(aggregate([record('x', nested)])).metrics), ['a', 'b.c', 'b.d\\.e.f'])
})

t.test('accepts a key both as a metric and as an object with metrics', async (t) => {
  const { metrics } = search(
    aggregate([record('x', { a: { b: 1 } }), record('x', { a: 2 }), record('x', { a: { b: 3 } })]),
  )
  t.equal(metrics['a']?.count, 1)
  t.equal(metrics['a.b']?.count, 2)
})

t.test('distinguishes metrics for any order of their keys', async (t) => {
  const names = Array.from({ length: 40 }, (_, index) => `m${index}`)
  const serialize = (turn: number) => names.map((_, index) => names[(index * 7 + turn * 3) % names.length] as string)
  const records = names.map((_, turn) => ({
    result: { metrics: Object.fromEntries(serialize(turn).map((name) => [name, Number(name.slice(1)) + turn / 64])) },
  }))
  const aggregates = new Aggregates({ phase: 'p' })
  aggregates.add(records)
  const { metrics } = aggregates.phaseSummary('p')
  t.strictSame(
    names.map((name) => [metrics[name]?.count, metrics[name]?.min, metrics[name]?.last]),
    names.map((_, index) => [40, index, index + 39 / 64]),
  )
})

t.test('adds no part of a record that throws when it is read', async (t) => {
  const aggregates = new Aggregates({ phase: 'p' })
  aggregates.add({ container: 'a', result: { metrics: { score: 1 } } })
  const before = aggregates.toJSON()
  const torn = {
    score: 2,
    get profit(): number {
      throw new Error('torn')
    },
  }
  t.throws(() => aggregates.add({ container: 'b', result: { metrics: torn } }), /torn/)
  t.strictSame(aggregates.toJSON(), before)
})

t.test('stops at cycles', async (t) => {
  const cyclic: Record<string, unknown> = { value: 1 }
  cyclic['self'] = cyclic
  t.equal(Object.keys(search(aggregate([record('x', cyclic)])).metrics).length, 9)
})

t.test('reads the configured fields', async (t) => {
  const aggregates = new Aggregates({ fields: { phase: 'p', container: 'c', timestamp: 't', metrics: 'm\\.n' } })
  aggregates.add([
    { p: 'one', c: 'x', t: 2, 'm.n': { a: 2 } },
    { p: 'one', c: 'x', t: 1, 'm.n': { a: 1 } },
  ])
  const { metrics, containerCount } = aggregates.summary().phases['one']!
  t.equal(containerCount, 1)
  t.equal(metrics['a']?.first, 1)
})

t.test('adds records without a phase to the default phase, unless the phase is fixed', async (t) => {
  const records = [{}, { phase: 7 }, { phase: null }]
  t.same(Object.keys(aggregate(records).summary().phases), ['7', 'default'])
  t.same(Object.keys(aggregate(records, { phase: 'all' }).summary().phases), ['all'])
})

t.test('ignores values that are not records', async (t) => {
  const aggregates = aggregate([null, 5, 'x', [1], new Date(), record('a', { score: 1 }), undefined])
  aggregates.add(null)
  aggregates.add('text')
  t.equal(search(aggregates).count, 1)
  t.same(Object.keys(aggregates.summary().phases), ['search'])
})

t.test('counts records without metrics', async (t) => {
  const aggregates = aggregate([record('a', undefined), record('a', 3), { phase: 'search', container: 'a', result: 1 }])
  t.same(containers(aggregates), [{ container: 'a', index: null, iteration: null, count: 3, metrics: {} }])
})

t.test('ignores the records given by skip', async (t) => {
  const aggregates = new Aggregates(score)
  const batch = [1, 2, 4, 8].map((value) => record('a', { score: value }))
  aggregates.add(annotate(batch, { segments: [segment(0, 2), segment(1, 2)] }), [0, 3])
  t.same(
    containers(aggregates).map(({ index, metrics }) => [index, metrics['score']?.mean]),
    [
      [0, 2],
      [1, 4],
    ],
  )
})

t.test('names containers by their field, or null without one', async (t) => {
  const aggregates = aggregate(['b', 2, true, undefined, {}, 'a', ''].map((name) => record(name, { score: 1 })))
  t.same(
    containers(aggregates).map(({ container, count }) => [container, count]),
    [
      [null, 2],
      ['', 1],
      ['2', 1],
      ['a', 1],
      ['b', 1],
      ['true', 1],
    ],
  )
})

t.test('identifies containers by their identity if there is one', async (t) => {
  const aggregates = new Aggregates(score)
  const batch = ['x', 'x', 'x', 'y', 'x'].map((name, value) => record(name, { score: value }))
  aggregates.add(annotate(batch, { segments: [segment(1, 1), segment(0, 1, 0, 1), segment(0, 2), segment(-1, 1)] }))
  t.same(
    containers(aggregates).map(({ container, index, iteration, count }) => [container, index, iteration, count]),
    [
      ['x', 0, 0, 2],
      ['x', 0, 1, 1],
      ['x', 1, 0, 1],
      ['x', null, null, 1],
    ],
  )
})

t.test('orders the records of a container by timestamps of any type', async (t) => {
  const firstAndLast = (timestamps: readonly unknown[]) => {
    const aggregates = aggregate(timestamps.map((timestamp, value) => record('a', { score: value }, timestamp)))
    const { first, last } = search(aggregates).metrics['score']!
    return [first, last]
  }
  t.same(firstAndLast([2, 1, 3]), [1, 2])
  t.same(firstAndLast(['b', 'c', 'a']), [2, 1])
  t.same(firstAndLast([new Date(5), 4, 6n]), [1, 2])
  t.same(firstAndLast(['a', 9, 'b', 8]), [3, 2], 'numbers come before strings')
  t.same(firstAndLast([1, 1, 1]), [0, 2], 'ties are in the order of arrival')
  t.same(firstAndLast([undefined, undefined, null]), [0, 2], 'without timestamps the order is that of arrival')
  t.same(firstAndLast([undefined, 5, 4, null]), [2, 1], 'a record with a timestamp takes precedence')
})

t.test('finds the first and last value of a metric that some records lack', async (t) => {
  const records = [
    record('a', { score: 1, rare: 10 }, 1),
    record('a', { score: 5 }, 5),
    record('a', { score: 3, rare: 30 }, 3),
    record('a', { score: 4, rare: NaN }, 4),
    record('a', { score: 2, late: 20 }, 2),
    record('a', { score: 0, late: 0 }, 0),
  ]
  const expected = { score: [0, 5], rare: [10, 30], late: [0, 20] }
  for (const order of [records, [...records].reverse()]) {
    const { metrics } = search(aggregate(order))
    for (const [name, ends] of Object.entries(expected)) {
      t.same([metrics[name]?.first, metrics[name]?.last], ends, name)
    }
  }
})

t.test('takes the first value of a phase from its first container, the last from its last', async (t) => {
  const aggregates = new Aggregates(score)
  const batch = [1, 2, 3, 4].map((value) => record('x', value === 4 ? {} : { score: value }))
  aggregates.add(annotate(batch, { segments: [segment(2, 1), segment(1, 1), segment(0, 1), segment(3, 1)] }))
  t.equal(search(aggregates).metrics['score']?.first, 3)
  t.equal(search(aggregates).metrics['score']?.last, 1)
})

t.test('groups the records of containers beyond the limit', async (t) => {
  const names = ['c', 'b', 'a', 'c', 'd']
  const aggregates = aggregate(
    names.map((name, value) => record(name, { score: value })),
    { ...score, maxContainers: 2 },
  )
  const { count, containerCount, otherCount, metrics } = search(aggregates)
  t.same([count, containerCount, otherCount, metrics['score']?.count], [5, 2, 2, 5])
  t.same(
    containers(aggregates).map(({ container }) => container),
    ['b', 'c'],
  )
  t.same([metrics['score']?.first, metrics['score']?.last], [2, 4], 'they count for first and last')
})

t.test('applies the limit by identity, not by arrival', async (t) => {
  const kept = (order: readonly [index: number, iteration: number][]) => {
    const aggregates = new Aggregates({ ...score, maxContainers: 4 })
    for (const [index, iteration] of order) {
      const batch = [record('x', { score: index * 10 + iteration })]
      aggregates.add(annotate(batch, { segments: [segment(index, 1, 0, iteration)] }))
    }
    return { kept: containers(aggregates).map(({ index, iteration }) => [index, iteration]), ...search(aggregates) }
  }
  const order = [0, 1, 2, 3, 4, 5].flatMap((index) => [0, 1].map((iteration): [number, number] => [index, iteration]))
  const forward = kept(order)
  t.same(forward.kept, [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [2, 0],
    [3, 0],
  ])
  t.equal(forward.otherCount, 6)
  t.equal(forward.metrics['score']?.last, 51)
  t.same(JSON.stringify(kept([...order].reverse())), JSON.stringify(forward))
})

t.test('ignores metrics beyond the limit, but never the objective', async (t) => {
  const aggregates = aggregate([record('a', { a: 1, b: 2, c: 3, score: 4 }), record('a', { c: 5, a: 6 })], {
    ...score,
    maxMetrics: 2,
  })
  t.same(Object.keys(search(aggregates).metrics), ['a', 'b', 'score'])
  t.equal(search(aggregates).droppedMetrics, 2)
})

t.test('ignores phases beyond the limit', async (t) => {
  const { phases, droppedRecords } = aggregate([{ phase: 'a' }, { phase: 'b' }, { phase: 'a' }, { phase: 'c' }], {
    maxPhases: 1,
  }).summary()
  t.same(Object.keys(phases), ['a'])
  t.equal(droppedRecords, 2)
})

t.test('lists the best records, the earlier record first if equal', async (t) => {
  const records = [
    record('b', { score: 1, other: -0 }, '2'),
    record('b', { score: 1, bad: NaN }, '1'),
    record('a', { score: 1 }, new Date(0)),
    record('c', { score: 3 }, NaN),
    record('d', { score: Infinity }),
    record('e', { other: 9 }),
  ]
  const top = aggregate(records, { ...score, topCount: 3 }).summary().topPerformers
  const place = { phase: 'search', index: null, iteration: null }
  t.same(top, [
    { ...place, container: 'c', timestamp: null, value: 3, metrics: { score: 3 } },
    { ...place, container: 'a', timestamp: '1970-01-01T00:00:00.000Z', value: 1, metrics: { score: 1 } },
    { ...place, container: 'b', timestamp: '1', value: 1, metrics: { score: 1 } },
  ])
  const least = aggregate(records, { objective: { metric: 'score', direction: 'min' }, topCount: 1 })
  t.equal(least.summary().topPerformers[0]?.container, 'a')
  t.same(aggregate(records, { ...score, topCount: 0 }).summary().topPerformers, [])
})

t.test('uses the Sharpe ratio as the default objective', async (t) => {
  const { objective, topPerformers } = aggregate([record('a', { sharpe_ratio: 2 })], {}).summary()
  t.same(objective, { metric: 'sharpe_ratio', direction: 'max' })
  t.equal(topPerformers[0]?.value, 2)
})

t.test('lists the containers with the best mean', async (t) => {
  const records = [
    record('c', { score: 5 }),
    record('a', { score: 1 }),
    record('b', { score: 9 }),
    record('b', { score: 1 }),
    record('b', {}),
    record('d', {}),
  ]
  const { bestContainers } = aggregate(records).summary()
  const place = { phase: 'search', index: null, iteration: null }
  t.same(bestContainers, [
    { ...place, container: 'b', count: 2, mean: 5, best: 9 },
    { ...place, container: 'c', count: 1, mean: 5, best: 5 },
    { ...place, container: 'a', count: 1, mean: 1, best: 1 },
  ])
  const least = aggregate(records, { objective: { metric: 'score', direction: 'min' } })
  t.same(
    least.summary().bestContainers.map(({ container, best }) => [container, best]),
    [
      ['a', 1],
      ['b', 1],
      ['c', 5],
    ],
  )
})

t.test('summarizes all phases, and ranks each by itself', async (t) => {
  const { topPerformers, bestContainers, averageMetrics } = aggregate([
    { phase: 'b', container: 'x', result: { metrics: { score: 7, only: 4 } } },
    { phase: 'a', container: 'y', result: { metrics: { score: 1 } } },
    { phase: 'a', container: 'y', result: { metrics: { score: 4 } } },
  ]).summary()
  t.same(
    topPerformers.map(({ phase, value }) => [phase, value]),
    [
      ['a', 4],
      ['a', 1],
      ['b', 7],
    ],
  )
  t.same(
    bestContainers.map(({ phase, mean }) => [phase, mean]),
    [
      ['a', 2.5],
      ['b', 7],
    ],
  )
  t.same({ ...averageMetrics }, { only: 4, score: 4 })
})

t.test('says which metrics there are when no record has the objective', async (t) => {
  const missing = (records: readonly unknown[], options: AggregatesOptions = score) =>
    aggregate(records, options).summary().missingObjective
  t.same(missing([record('a', { scores: 1 }), record('b', { best: 2 })]), {
    metric: 'score',
    seen: ['best', 'scores'],
    readFrom: 'result.metrics',
  })
  t.same(missing([record('a', { scores: 1 })], { ...score, fields: { metrics: 'outcome' } }), {
    metric: 'score',
    seen: [],
    readFrom: 'outcome',
  })
  t.same(missing([record('a', { score: NaN })])?.seen, ['score'], 'only values that cannot be ranked')
  t.equal(missing([record('a', { scores: 1 }), { phase: 'other', result: { metrics: { score: 1 } } }]), null)
  t.equal(missing([]), null, 'no records')
})

t.test('finds metrics elsewhere where a record has none at their path', async (t) => {
  const values = (records: readonly unknown[], options?: AggregatesOptions) =>
    aggregate(records, options)
      .summary()
      .topPerformers.map(({ metrics }) => ({ ...metrics }))
  t.same(values([{ container: 'a', metrics: { score: 1, more: { depth: 2 } }, n: 3 }]), [{ score: 1, 'more.depth': 2 }])
  t.same(
    values([{ phase: 1, container: 2, timestamp: 3, score: 4, epoch: 5n, note: 'x', more: { depth: 2 } }]),
    [{ score: 4, epoch: 5 }],
    'numbers at the top level, but not those that name the record',
  )
  t.same(values([{ container: 'a', score: 1, result: { metrics: { score: 2 } } }]), [{ score: 2 }])
  const { phases } = aggregate([{ phase: 'search', day: 1, open: 2 }]).summary()
  t.same(Object.keys(phases['search']?.metrics ?? {}), [], 'a row without the objective has no metrics')
  const renamed = { ...score, fields: { container: 'worker' } }
  t.same(values([{ worker: 7, container: 8, score: 1 }], renamed), [{ container: 8, score: 1 }])
  const mixed = [{ score: 1, epoch: 2 }, record('a', { score: 3, epoch: 4 }), { score: 5, epoch: 6, loss: 7 }]
  t.same(values(mixed), [
    { score: 5, epoch: 6, loss: 7 },
    { score: 1, epoch: 2 },
    { score: 3, epoch: 4 },
  ])
})

t.test('summarizes several states without changing them', async (t) => {
  const [one, two] = [aggregate([record('a', { score: 1 })]), aggregate([record('a', { score: 3 })])]
  t.equal(summarizeWorkflow([one, two]).phases['search']?.metrics['score']?.mean, 2)
  t.equal(search(one).count, 1)
  t.same(Object.keys(summarizeWorkflow([]).phases), [])
})

t.test('accepts names of built-in properties', async (t) => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const metrics = JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"toString":3,"hasOwnProperty":4}') as unknown
  const aggregates = new Aggregates({ objective: { metric: 'constructor' } })
  aggregates.add(names.map((name) => ({ phase: name, container: name, result: { metrics } })))
  const summary = aggregates.summary()
  t.same(Object.keys(summary.phases), [...names].sort())
  for (const name of names) {
    const phase = summary.phases[name]!
    t.same(Object.keys(phase.metrics), ['__proto__.polluted', 'constructor', 'hasOwnProperty', 'toString'])
    t.equal([...aggregates.containerSummaries(name)][0]?.container, name)
    t.equal(phase.topPerformers[0]?.metrics['__proto__.polluted'], 1)
  }
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  t.same(aggregates.summary(), Aggregates.fromJSON(JSON.parse(JSON.stringify(aggregates))).summary())
})

t.test('refuses wrong options', async (t) => {
  const wrong = [
    { topCount: -1 },
    { maxContainers: 0 },
    { maxMetrics: 1.5 },
    { maxPhases: 0 },
    { phase: 5 },
    { objective: 'score' },
    { objective: {} },
    { objective: { metric: 'score', direction: 'up' } },
    { fields: { phase: '' } },
    { unknown: 1 },
  ] as AggregatesOptions[]
  for (const options of wrong) t.throws(() => new Aggregates(options), { code: 'ERR_SPILLWAY_OPTION' })
})

t.test('merges only states with the same objective', async (t) => {
  const aggregates = new Aggregates(score)
  const others: AggregatesOptions[] = [
    {},
    { objective: { metric: 'score', direction: 'min' } },
    { ...score, topCount: 3 },
  ]
  for (const options of others) {
    t.throws(() => aggregates.merge(new Aggregates(options)), { code: 'ERR_SPILLWAY_OPTION' })
  }
  t.throws(() => aggregates.merge(aggregates), { code: 'ERR_SPILLWAY_OPTION' })
})

t.test('applies its limits when merging', async (t) => {
  const options = { ...score, maxContainers: 1, maxMetrics: 1, maxPhases: 1 }
  const whole = aggregate([record('a', { score: 1, x: 1 })], options)
  whole.merge(aggregate([record('b', { score: 2, y: 5 }), record('b', { y: 6 })], options))
  whole.merge(aggregate([{ phase: 'further' }, { phase: 'further' }], options))
  const { count, containerCount, otherCount, droppedMetrics, metrics } = search(whole)
  t.same([count, containerCount, otherCount, droppedMetrics], [3, 1, 2, 3])
  t.same([metrics['score']?.first, metrics['score']?.last], [1, 2])
  t.equal(whole.summary().droppedRecords, 2)
})
