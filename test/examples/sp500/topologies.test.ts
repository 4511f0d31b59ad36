import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import t from 'tap'
import { barsFrom } from '../../../examples/sp500/bars.ts'
import type { Comparison } from '../../../examples/sp500/comparison.ts'
import { parameterSets } from '../../../examples/sp500/grid.ts'
import { IndicatorCache } from '../../../examples/sp500/indicator-cache.ts'
import { COST_PER_TURNOVER } from '../../../examples/sp500/performance.ts'
import { containerId } from '../../../examples/sp500/rules.ts'
import { signalRecords } from '../../../examples/sp500/signal-records.ts'
import { positionsFrom, type Signal } from '../../../examples/sp500/signals.ts'
import { analysis, optimization, signal_generation } from '../../../examples/sp500/topologies.ts'
import { yearlyFigures, type YearMetrics } from '../../../examples/sp500/yearly-figures.ts'
import { Coordinator } from '../../../lib/coordinator.ts'
import type { ResultRecord } from '../../../lib/core/record.ts'
import type { PhaseReference } from '../../../lib/outputs/reference.ts'
import { defineTopology, type Topology } from '../../../lib/workflow/topology.ts'
import { loadWorkflow } from '../../../lib/workflow/file.ts'
import type { WorkflowResult } from '../../../lib/run/result.ts'
import type { ResolvedWorkflow } from '../../../lib/workflow/types.ts'
import type { Format } from '../../../sinks/options.ts'
import { readRows } from './read-rows.ts'

const SETS = 30
const bars = barsFrom(readRows())
const specs = [...parameterSets(SETS)]
const workflow = await loadWorkflow(join(import.meta.dirname, '../../../examples/sp500/workflow.yaml'))

/** What a test changes in the run. */
interface Changes {
  readonly format?: Format
  readonly concurrency?: number
  /** Replaces the signals of the rules. */
  readonly signals?: Topology
  /** Added to the configuration of every phase. */
  readonly config?: Record<string, unknown>
}

/** Runs workflow.yaml in `outputDir` with the first sets only. The default format is JSONL. */
function run(
  outputDir: string,
  { format = 'jsonl', concurrency = 1, signals, config }: Changes = {},
): Promise<WorkflowResult> {
  const topologies = { signal_generation: signals ?? signal_generation, optimization, analysis }
  const smaller: ResolvedWorkflow = {
    ...workflow,
    concurrency,
    results: { ...workflow.results, format },
    phases: workflow.phases.map((phase) => ({ ...phase, config: { ...phase.config, sets: SETS, ...config } })),
  }
  return new Coordinator({ outputDir, topologies }).executeWorkflow(smaller)
}

/** A topology that writes these signals. */
function handMade(sets: Readonly<Record<string, readonly Signal[]>>): Topology {
  return defineTopology({
    containers: () => Object.keys(sets).map((id) => ({ id })),
    run: ({ id }) => (sets[id] ?? []).map((signal) => ({ ...signal, family: 'hand', params: { made: 1 } })),
  })
}

function partsOf({ directory }: WorkflowResult, phase: string): string[] {
  const folder = join(directory, 'results', phase)
  return readdirSync(folder)
    .sort()
    .map((part) => join(folder, part))
}

function recordsOf(result: WorkflowResult, phase: string): ResultRecord[] {
  return partsOf(result, phase).flatMap((part) => {
    const lines = readFileSync(part, 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as ResultRecord)
  })
}

async function comparisonOf({ phases }: WorkflowResult): Promise<Comparison> {
  return (await (phases['analysis']!.output as PhaseReference).get()) as Comparison
}

/** The expected records of a container in the years selected. */
function yearRecords(signals: readonly Signal[], wanted: (year: number) => boolean) {
  const years = bars.years.filter(({ year }) => wanted(year))
  const figures = yearlyFigures(bars, positionsFrom(signals, bars.dates.length), COST_PER_TURNOVER, years)
  return Array.from(figures, ({ year, lastDay, metrics, signals }) => {
    return { timestamp: `${lastDay}T21:00:00.000Z`, year, result: { metrics, signals_generated: signals } }
  })
}

const signalsBySet = new Map(
  specs.map((spec) => [containerId(spec), signalRecords(spec, new IndicatorCache(bars))] as const),
)

t.test('the first phase writes the signals of every set, in the order of the sets', async (t) => {
  const result = await run(t.testdir())
  const expected = [...signalsBySet].flatMap(([container, records]) => {
    return records.map((record) => ({ phase: 'signal_generation', container, ...record }))
  })
  t.equal(JSON.stringify(recordsOf(result, 'signal_generation')), JSON.stringify(expected))
})

t.test('the second phase has a record for each set and year in sample', async (t) => {
  const result = await run(t.testdir())
  const expected = specs.flatMap((spec) => {
    const container = containerId(spec)
    const records = yearRecords(signalsBySet.get(container) ?? [], (year) => year < 2010)
    return records.map((record) => ({ phase: 'parameter_optimization', container, ...spec, ...record }))
  })
  t.equal(expected.length, SETS * 10)
  t.equal(JSON.stringify(recordsOf(result, 'parameter_optimization')), JSON.stringify(expected))
})

t.test('the finalists are the sets with the best mean yearly Sharpe ratios in sample', async (t) => {
  const result = await run(t.testdir(), { config: { finalists: 3 } })
  const mean = (container: string) => {
    const years = yearRecords(signalsBySet.get(container) ?? [], (year) => year < 2010)
    return years.reduce((sum, { result }) => sum + result.metrics.sharpe_ratio, 0) / years.length
  }
  const best = [...signalsBySet.keys()].sort((a, b) => mean(b) - mean(a)).slice(0, 3)
  const { finalists } = await comparisonOf(result)
  t.strictSame(
    finalists.map(({ container }) => container),
    best,
  )
  for (const { container, inSample } of finalists) t.ok(Math.abs(inSample.sharpe_ratio - mean(container)) < 1e-12)
})

t.test('the third phase has a record for each finalist and year out of sample, and for the index', async (t) => {
  const result = await run(t.testdir(), { config: { finalists: 3 } })
  const { finalists } = await comparisonOf(result)
  const contenders = new Map<string, readonly Signal[]>(
    finalists.map(({ container }) => [container, signalsBySet.get(container) ?? []]),
  ).set('buy_and_hold', [{ day: 0, position: 1 }])
  const expected = [...contenders].flatMap(([container, signals]) => {
    return yearRecords(signals, (year) => year >= 2010).map((record) => ({ phase: 'analysis', container, ...record }))
  })
  t.equal(expected.length, 4 * 11)
  t.equal(JSON.stringify(recordsOf(result, 'analysis')), JSON.stringify(expected))
})

t.test('the comparison has the periods, the number of sets, the finalists and the index', async (t) => {
  const { sets, inSample, outOfSample, finalists, buyAndHold } = await comparisonOf(await run(t.testdir()))
  t.equal(sets, SETS)
  t.match(
    [inSample, outOfSample],
    [
      { firstDay: '2000-01-03', lastDay: '2009-12-31' },
      { firstDay: '2010-01-04', lastDay: '2020-04-17' },
    ],
  )
  t.equal(inSample.days + outOfSample.days, bars.dates.length)
  t.equal(finalists.length, 10)
  t.equal(new Set(finalists.map(({ rank }) => rank)).size, 10)
  const held = (from: string, to: string) => {
    return bars.closes[bars.dates.indexOf(to)]! / bars.closes[bars.dates.indexOf(from)]! - 1
  }
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-9
  t.ok(near(buyAndHold.inSample.total_return, held('2000-01-03', '2009-12-31')))
  t.ok(near(buyAndHold.outOfSample.total_return, held('2009-12-31', '2020-04-17')))
})

t.test('performance depends on the signals, not on the rules', async (t) => {
  const always: Signal[] = [{ day: 0, position: 1 }]
  const result = await run(t.testdir(), { signals: handMade({ never: [{ day: 0, position: 0 }], always }) })
  t.strictSame(
    recordsOf(result, 'parameter_optimization').filter(({ container }) => container === 'always'),
    yearRecords(always, (year) => year < 2010).map((record) => {
      return { phase: 'parameter_optimization', container: 'always', family: 'hand', params: { made: 1 }, ...record }
    }),
  )
  const { finalists, buyAndHold } = await comparisonOf(result)
  t.strictSame(
    finalists.map(({ container }) => container),
    ['always', 'never'],
  )
  t.strictSame({ ...finalists[0], container: 'buy_and_hold' }, buyAndHold)
})

t.test('the choice does not depend on the years out of sample', async (t) => {
  const { first } = bars.years.find(({ year }) => year === 2010)!
  const start = { day: 0, position: 1 }
  const signals = handMade({
    holds: [start],
    sells: [start, { day: first, position: 0 }],
    'sells before': [start, { day: first - 1, position: 0 }],
  })
  const result = await run(t.testdir(), { signals })
  const [holds, sells] = ['holds', 'sells'].map((container) => {
    const records = recordsOf(result, 'parameter_optimization').filter((record) => record.container === container)
    return records.map((record) => ({ ...record, container: undefined }))
  })
  t.strictSame(sells, holds)
  const { finalists } = await comparisonOf(result)
  t.strictSame(
    finalists.map(({ container, alike }) => [container, alike]),
    [
      ['holds', 1],
      ['sells before', 0],
    ],
    'sets that differ only out of sample count as the same',
  )
})

t.test('every format contains the same figures, and leads to the same comparison', async (t) => {
  const out = t.testdir()
  const jsonl = await run(out)
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
  for (const [format, read] of [
    ['csv', 'read_csv'],
    ['parquet', 'read_parquet'],
  ] as const) {
    const result = await run(out, { format })
    t.strictSame(await comparisonOf(result), await comparisonOf(jsonl), format)
    for (const phase of ['signal_generation', 'parameter_optimization', 'analysis']) {
      const [path, ...others] = partsOf(result, phase)
      t.strictSame(others, [], 'all families fit into the columns of one file')
      const columns = phase === 'signal_generation' ? 'day, price' : 'year, "result.metrics.sharpe_ratio"'
      const reader = await connection.runAndReadAll(`select container, ${columns} from ${read}('${path}')`)
      t.strictSame(
        reader.getRowsJS().map((row) => row.map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell))),
        recordsOf(jsonl, phase).map(({ container, day, price, year, result }) => {
          if (phase === 'signal_generation') return [container, day, price]
          return [container, year, (result as { metrics: YearMetrics }).metrics.sharpe_ratio]
        }),
        `${format}, ${phase}`,
      )
    }
  }
  connection.closeSync()
})

t.test('concurrent containers change only the order of records', async (t) => {
  const out = t.testdir()
  const [alone, together] = [await run(out), await run(out, { concurrency: 4 })]
  t.strictSame(await comparisonOf(together), await comparisonOf(alone))
  const sorted = (result: WorkflowResult) => {
    return recordsOf(result, 'parameter_optimization')
      .map((record) => JSON.stringify(record))
      .sort()
  }
  t.strictSame(sorted(together), sorted(alone))
})

t.test('rejects an invalid configuration, with the phase', async (t) => {
  for (const [config, phase, message] of [
    [{ sets: 0 }, 'signal_generation', /config\.sets.*from 1 up, got 0/],
    [{ finalists: '3' }, 'parameter_optimization', /config\.finalists.*from 1 up, got '3'/],
    [{ out_of_sample_from: 1990 }, 'parameter_optimization', /got 1990: the bars are from 2000 to 2020/],
  ] as const) {
    await t.rejects(run(t.testdir(), { config }), { message, place: { phase } })
  }
})

t.test('rejects phases without a required dependency, and names it', async (t) => {
  const topologies = { signal_generation, optimization, analysis }
  const [signals, optimizing, analysing] = workflow.phases
  const start = { ...signals!, config: { sets: 2 } }
  for (const [phases, message] of [
    [[start, { ...optimizing!, inherit_from: null }], /parameter_optimization needs inherit_from/],
    [
      [start, optimizing!, { ...analysing!, depends_on: ['parameter_optimization'] }],
      /analysis needs signal_generation in its depends_on/,
    ],
  ] as const) {
    const coordinator = new Coordinator({ outputDir: t.testdir(), topologies })
    await t.rejects(coordinator.executeWorkflow({ ...workflow, phases }), { message })
  }
})
