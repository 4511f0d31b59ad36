import t from 'tap'
import { testTopology } from '../../../lib/testing/test-topology.ts'
import { defineTopology, type Topology } from '../../../lib/workflow/topology.ts'

t.test('runs all containers, and gives records, containers and output as a run does', async (t) => {
  const prices: unknown[] = []
  const search = defineTopology<number>({
    *containers({ config }) {
      for (const period of config['periods'] as number[]) yield { id: `p${period}`, config: period }
    },
    async *run({ id, config }, { inputs, phase, config: phaseConfig }) {
      for await (const row of inputs['prices']!.rows()) prices.push(row)
      t.equal(phaseConfig['prices_results'], inputs['prices'])
      yield [{ at: new Date(0), n: 2n ** 60n, result: { metrics: { sharpe_ratio: config } } }]
      yield { container: 'own', phase, id }
    },
    output: async ({ aggregates, inputs, results }) => ({
      best: aggregates.bestContainers[0]?.container,
      note: await inputs['note']!.get(),
      own: await results.rows({ container: 'own' }).toArray(),
    }),
  })
  const { records, rejections, containers, output } = await testTopology(search, {
    config: { periods: [5, 20] },
    inputs: { prices: [{ price: 1 }], note: { text: 'x' } },
  })
  t.strictSame(containers, [
    { id: 'p5', config: 5 },
    { id: 'p20', config: 20 },
  ])
  const metrics = (sharpe_ratio: number) => ({ metrics: { sharpe_ratio } })
  const made = { phase: 'tested', at: '1970-01-01T00:00:00.000Z', n: 2n ** 60n }
  const own = { phase: 'tested', container: 'own' }
  t.strictSame(records, [
    { ...made, container: 'p5', result: metrics(5) },
    { ...own, id: 'p5' },
    { ...made, container: 'p20', result: metrics(20) },
    { ...own, id: 'p20' },
  ])
  t.strictSame(rejections, [])
  t.strictSame(prices, [{ price: 1 }, { price: 1 }])
  t.strictSame(output, {
    best: 'p20',
    note: { text: 'x' },
    own: [
      { ...own, id: 'p5' },
      { ...own, id: 'p20' },
    ],
  })
})

t.test('rejects what a run rejects, and does not aggregate it', async (t) => {
  const bad = () => 1
  const topology: Topology = { containers: () => [{ id: 'c' }], run: () => [{ n: 1 }, { bad }, { n: 2 }] }
  const { records, rejections, output } = await testTopology(topology)
  t.match(records, [{ n: 1 }, { n: 2 }])
  t.match(rejections, [
    { stage: 'encode', reason: /function/, field: 'bad', phase: 'tested', container: 'c', record: { bad } },
  ])
  t.match(output, { aggregates: { count: 2 }, results: { rowCount: 2 } }, 'without an output of its own')
})

t.test('a stream of rows is an output', async (t) => {
  const topology: Topology = {
    containers: () => [],
    run: () => [],
    async *output() {
      yield { n: 1 }
    },
  }
  t.strictSame(await testTopology(topology), { records: [], rejections: [], containers: [], output: [{ n: 1 }] })
})

t.test('an error of the topology keeps its stack', async (t) => {
  const cause = new Error('no data')
  const fail = () => {
    throw cause
  }
  const containers = () => [{ id: 'c' }]
  const container = { code: 'ERR_SPILLWAY_CONTAINER', place: { phase: 'tested', container: 'c' }, cause }
  const other = { code: 'ERR_SPILLWAY_TOPOLOGY', cause }
  await t.rejects(testTopology({ containers, run: fail }), {
    ...container,
    message: /no data \(.*test-topology.test.ts:/,
  })
  await t.rejects(testTopology({ containers: fail, run: () => [] }), other)
  await t.rejects(testTopology({ containers, run: () => [], output: fail }), other)
})

t.test('names what is wrong', async (t) => {
  const topology: Topology = { containers: () => [], run: () => [] }
  const option = { code: 'ERR_SPILLWAY_OPTION' }
  await t.rejects(testTopology(topology, { input: {} } as object), { ...option, message: /Did you mean `inputs`/ })
  await t.rejects(testTopology(topology, { inputs: { a: () => 1 } }), { code: 'ERR_SPILLWAY_OUTPUT' })
  await t.rejects(testTopology(topology, { inputs: { '..': 1 } }), { code: 'ERR_SPILLWAY_WORKFLOW' })
  await t.rejects(testTopology({} as Topology), { code: 'ERR_SPILLWAY_TOPOLOGY' })
})
