import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  distributePhases,
  findCycle,
  orderPhases,
  upstreamOf,
  type OrderedPhase,
} from '../../../lib/workflow/phase-order.ts'

/** Phases from lines such as `b: a c`, or with a weight: `2 b: a c`. */
function phasesOf(...lines: string[]): OrderedPhase[] {
  return lines.map((line) => {
    const [, weight, name = '', depends_on = ''] = /^(?:(\S+) )?(\S+):(.*)$/.exec(line) ?? []
    return {
      name,
      depends_on: depends_on.split(' ').filter((word) => word !== ''),
      ...(weight !== undefined && { weight: Number(weight) }),
    }
  })
}

function namesOf(phases: readonly OrderedPhase[]): string {
  return phases.map(({ name }) => name).join(' ')
}

function dependenciesOf({ depends_on }: OrderedPhase): readonly string[] {
  return depends_on ?? []
}

function chain(length: number): OrderedPhase[] {
  return Array.from({ length }, (_, i) => ({ name: `p${i}`, depends_on: i === 0 ? [] : [`p${i - 1}`] }))
}

const weight = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 20 }))

/** Phases without a cycle, in any order. */
const acyclic = fc
  .array(fc.record({ depends_on: fc.array(fc.nat(30), { maxLength: 4 }), weight }), { maxLength: 25 })
  .map((specs) =>
    specs.map(({ depends_on, weight }, index): OrderedPhase => {
      const earlier = depends_on.filter((dependency) => dependency < index)
      return { name: `p${index}`, depends_on: earlier.map((n) => `p${n}`), ...(weight !== undefined && { weight }) }
    }),
  )
  .chain((phases) => fc.shuffledSubarray(phases, { minLength: phases.length }))

/** Phases with any dependencies on each other. */
const anyPhases = fc
  .array(fc.array(fc.nat(11), { maxLength: 2 }), { minLength: 1, maxLength: 12 })
  .map((specs) => specs.map((those, i) => ({ name: `p${i}`, depends_on: those.map((n) => `p${n % specs.length}`) })))

t.test('keeps the order given where dependencies allow it', async (t) => {
  t.equal(namesOf(orderPhases(phasesOf('c:', 'a:', 'b:'))), 'c a b')
  t.equal(namesOf(orderPhases(phasesOf('last: b', 'b: a', 'x:', 'a:', 'y: a'))), 'x a b last y')
  t.strictSame(orderPhases([]), [])
})

t.test('returns each phase once, after its dependencies', async () => {
  fc.assert(
    fc.property(acyclic, (phases) => {
      const ordered = orderPhases(phases)
      assert.equal(ordered.length, phases.length)
      assert.deepEqual(new Set(ordered), new Set(phases))
      const ended = new Set<string>()
      for (const phase of ordered) {
        for (const dependency of dependenciesOf(phase))
          assert.ok(ended.has(dependency), `${phase.name} before ${dependency}`)
        ended.add(phase.name)
      }
    }),
  )
})

t.test('the next phase is always the first one that is ready', async () => {
  fc.assert(
    fc.property(acyclic, (phases) => {
      const ended = new Set<string>()
      for (const phase of orderPhases(phases)) {
        const ready = phases.filter(
          (p) => !ended.has(p.name) && dependenciesOf(p).every((dependency) => ended.has(dependency)),
        )
        assert.equal(phase, ready[0])
        ended.add(phase.name)
      }
    }),
  )
})

t.test('a dependency named twice counts once', async (t) => {
  const phases = phasesOf('b: a a', 'a:')
  t.equal(namesOf(orderPhases(phases)), 'a b')
  t.equal(namesOf(distributePhases(phases, 1)[0] ?? []), 'a b')
})

t.test('`depends_on` and `weight` may be missing or null', async (t) => {
  const phases = [{ name: 'b', depends_on: ['a'], weight: null }, { name: 'c', depends_on: null }, { name: 'a' }]
  t.equal(namesOf(orderPhases(phases)), 'c a b')
  t.strictSame(upstreamOf(phases, 'c'), new Set())
  t.equal(findCycle(phases), undefined)
  t.strictSame(distributePhases(phases, 2).map(namesOf), ['c b', 'a'])
})

t.test('rejects phases that depend on each other, and names the cycle', async (t) => {
  const cycle = phasesOf('start:', 'a: start b', 'b: c', 'c: a', 'end: c')
  for (const order of [orderPhases, (phases: OrderedPhase[]) => distributePhases(phases, 2)]) {
    t.throws(() => order(cycle), {
      code: 'ERR_SPILLWAY_WORKFLOW',
      message: /a cycle: a -> b -> c -> a\. /,
      place: { phase: 'a' },
    })
    t.throws(() => order(phasesOf('a: a')), { code: 'ERR_SPILLWAY_WORKFLOW', message: /a -> a/ })
  }
})

t.test('rejects an unknown dependency, and suggests a phase', async (t) => {
  const phases = phasesOf('signals:', 'search: signal')
  for (const order of [orderPhases, (given: OrderedPhase[]) => upstreamOf(given, 'search')]) {
    t.throws(() => order(phases), {
      code: 'ERR_SPILLWAY_WORKFLOW',
      message: 'Phase "search" depends on "signal", which is not a phase. Did you mean `signals`?',
      place: { phase: 'search' },
    })
  }
  t.throws(() => orderPhases(phasesOf('a:', 'b: elsewhere')), { message: /not a phase\. Known names: a, b/ })
})

t.test('rejects two phases with the same name', async (t) => {
  const wrong = { code: 'ERR_SPILLWAY_WORKFLOW', message: /Two phases are called "a"/, place: { phase: 'a' } }
  t.throws(() => orderPhases(phasesOf('a:', 'b:', 'a:')), wrong)
  t.throws(() => upstreamOf(phasesOf('a:', 'b:', 'a:'), 'b'), wrong)
  t.throws(() => distributePhases(phasesOf('a:', 'b:', 'a:'), 1), wrong)
})

t.test('names of the object prototype are treated as any other name', async (t) => {
  const phases = phasesOf('constructor: __proto__', '__proto__:')
  t.equal(namesOf(orderPhases(phases)), '__proto__ constructor')
  t.throws(() => orderPhases(phasesOf('a: toString')), { code: 'ERR_SPILLWAY_WORKFLOW' })
})

t.test('finds a phase that depends on itself', async (t) => {
  t.strictSame(findCycle(phasesOf('a:', 'b: a b')), ['b', 'b'])
})

t.test('finds a cycle without the phases that lead to it', async (t) => {
  t.strictSame(findCycle(phasesOf('x: y', 'y: a', 'a: b', 'b: a')), ['a', 'b', 'a'])
})

t.test('finds no cycle if two paths lead to one phase, or a dependency is unknown', async (t) => {
  t.equal(findCycle(phasesOf('d: b c', 'b: a', 'c: a', 'a:')), undefined)
  t.equal(findCycle(phasesOf('a: elsewhere')), undefined)
  t.equal(findCycle([]), undefined)
})

t.test('the cycle found is a cycle, and phases without a cycle can be ordered', async () => {
  fc.assert(
    fc.property(anyPhases, (phases) => {
      const cycle = findCycle(phases)
      if (cycle === undefined) {
        assert.equal(orderPhases(phases).length, phases.length)
        return
      }
      const byName = new Map(phases.map((phase) => [phase.name, phase]))
      assert.ok(cycle.length > 1)
      assert.equal(cycle[0], cycle.at(-1))
      assert.equal(new Set(cycle).size, cycle.length - 1, 'contains each phase once')
      cycle.slice(1).forEach((name, i) => {
        assert.ok(byName.get(cycle[i] ?? '')?.depends_on.includes(name))
      })
      assert.throws(() => orderPhases(phases), { message: new RegExp(cycle.join(' -> ')) })
    }),
  )
})

t.test('returns all phases that a phase depends on, directly or indirectly', async (t) => {
  const phases = phasesOf('a:', 'b: a', 'c: b', 'other: a', 'd: c a')
  t.strictSame(upstreamOf(phases, 'd'), new Set(['c', 'a', 'b']))
  t.strictSame(upstreamOf(phases, 'a'), new Set())
  t.strictSame(upstreamOf(phasesOf('a: b', 'b: a'), 'a'), new Set(['a', 'b']))
  t.throws(() => upstreamOf(phasesOf('signals:'), 'signal'), {
    code: 'ERR_SPILLWAY_WORKFLOW',
    message: /no phase "signal".*Did you mean `signals`/,
  })
})

t.test('assigns the heaviest phases first, each to the worker with the smallest load', async (t) => {
  const lists = distributePhases(phasesOf('3 a:', '5 b:', '2 c:', '4 d:', 'one:'), 2)
  t.strictSame(lists.map(namesOf), ['b c one', 'd a'])
})

t.test('returns a list for every worker, also an empty one', async (t) => {
  t.strictSame(distributePhases(phasesOf('a:'), 3).map(namesOf), ['a', '', ''])
  t.strictSame(distributePhases([], 2), [[], []])
})

t.test('assigns a phase to the worker that can start it earliest after its dependencies', async (t) => {
  // `late` may start at 5: worker 0 is busy until 9, worker 1 until 5, worker 2 until 2 with a smaller load.
  const lists = distributePhases(phasesOf('9 long:', '5 first:', '2 short:', '1 late: first'), 3)
  t.strictSame(lists.map(namesOf), ['long', 'first', 'short late'])
  // Here worker 2 is also busy at 5.
  const busy = distributePhases(phasesOf('9 long:', '5 first:', '8 third:', '1 late: first'), 3)
  t.strictSame(busy.map(namesOf), ['long', 'third', 'first late'])
})

t.test('rejects an invalid number of workers and invalid weights', async (t) => {
  for (const numWorkers of [0, 1.5, -1, NaN, Infinity]) {
    t.throws(() => distributePhases([], numWorkers), { code: 'ERR_SPILLWAY_OPTION', message: /`numWorkers`/ })
  }
  for (const weight of ['-1', 'NaN', 'Infinity']) {
    t.throws(() => distributePhases(phasesOf(`${weight} a:`), 1), {
      code: 'ERR_SPILLWAY_WORKFLOW',
      message: /`weight` of phase "a" to be a finite number from 0 up/,
    })
  }
})

t.test('assigns every phase to one worker, after its dependencies', async () => {
  fc.assert(
    fc.property(acyclic, fc.integer({ min: 1, max: 6 }), (phases, numWorkers) => {
      const lists = distributePhases(phases, numWorkers)
      assert.equal(lists.length, numWorkers)
      assert.deepEqual(new Set(lists.flat()), new Set(phases))
      assert.equal(lists.flat().length, phases.length)
      for (const list of lists) {
        list.forEach(({ name }, place) => {
          for (const before of list.slice(0, place)) assert.ok(!dependenciesOf(before).includes(name))
        })
      }
      assert.deepEqual(distributePhases(phases, numWorkers), lists)
    }),
  )
})

t.test('workers that wait for dependencies of other workers never deadlock', async () => {
  fc.assert(
    fc.property(acyclic, fc.integer({ min: 1, max: 6 }), (phases, numWorkers) => {
      const lists = distributePhases(phases, numWorkers).map((list) => [...list])
      const ended = new Set<string>()
      const runnable = () =>
        lists.find(([next]) => next && dependenciesOf(next).every((dependency) => ended.has(dependency)))
      for (let list = runnable(); list !== undefined; list = runnable()) ended.add(list.shift()?.name ?? '')
      assert.equal(ended.size, phases.length)
    }),
  )
})

t.test('without dependencies the largest load is at most 4/3 of the optimum', async () => {
  const weights = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 4 }), (weights, numWorkers) => {
      const phases = weights.map((weight, i) => ({ name: `p${i}`, depends_on: [], weight }))
      const loads = distributePhases(phases, numWorkers).map((list) => list.reduce((sum, p) => sum + p.weight, 0))
      const bound = 4 / 3 - 1 / (3 * numWorkers)
      assert.ok(Math.max(...loads) <= bound * bestMaxLoad(weights, numWorkers) + 1e-9)
    }),
  )
})

t.test('does not overflow the stack on a long chain', async (t) => {
  const phases = chain(10_000)
  const backwards = phases.toReversed()
  t.equal(orderPhases(backwards).at(-1), phases.at(-1))
  t.equal(upstreamOf(phases, 'p9999').size, 9999)
  t.equal(findCycle(backwards), undefined)
  t.equal(distributePhases(backwards, 4).flat().length, 10_000)
  const circle = phases.with(0, { name: 'p0', depends_on: ['p9999'] })
  t.equal(findCycle(circle)?.length, 10_001)
  t.throws(() => orderPhases(circle), { code: 'ERR_SPILLWAY_WORKFLOW' })
})

/** The smallest possible maximum load, by trying all assignments. */
function bestMaxLoad(weights: readonly number[], numWorkers: number): number {
  const loads = Array<number>(numWorkers).fill(0)
  let best = Infinity
  const place = (index: number): void => {
    const weight = weights[index]
    if (weight === undefined) {
      best = Math.min(best, Math.max(...loads))
      return
    }
    for (let worker = 0; worker < numWorkers; worker++) {
      loads[worker]! += weight
      place(index + 1)
      loads[worker]! -= weight
    }
  }
  place(0)
  return best
}
