/**
 * The topologies of the three phases of workflow.yaml. The first phase computes the signals of the rules. The second
 * one computes their in-sample performance. The third one evaluates the best of them out of sample.
 */
import { expectValue, integerFrom } from '../../lib/core/options.ts'
import type { PhaseReference } from '../../lib/outputs/reference.ts'
import { defineTopology, type TopologyContext } from '../../lib/workflow/topology.ts'
import { closingTime, splitYears, type Bars, type YearSpan } from './bars.ts'
import { BUY_AND_HOLD, compare, type Comparison } from './comparison.ts'
import { chooseFinalists, signalsBefore, type Finalist } from './finalists.ts'
import { parameterSets } from './grid.ts'
import { IndicatorCache } from './indicator-cache.ts'
import { loadBars } from './load-bars.ts'
import { COST_PER_TURNOVER } from './performance.ts'
import { containerId, type RuleSpec } from './rules.ts'
import { signalRecords, signalSets, type SignalSet } from './signal-records.ts'
import { positionsFrom, type Signal } from './signals.ts'
import { yearlyFigures, type YearMetrics } from './yearly-figures.ts'

/** One calendar year of one container. */
type YearRecord = {
  /** The close of its last day. */
  readonly timestamp: string
  readonly year: number
  readonly result: { readonly metrics: YearMetrics; readonly signals_generated: number }
}

/** The output of the optimization. */
interface Selection {
  readonly outOfSampleFrom: number
  /** Best in sample first. */
  readonly finalists: readonly Finalist[]
}

let loading: Promise<IndicatorCache> | undefined

/** The market, loaded once per process. */
function market(): Promise<IndicatorCache> {
  return (loading ??= loadBars().then((bars) => new IndicatorCache(bars)))
}

/**
 * The signals of every parameter set: a container for each set, a record for each signal. `config.sets` limits the
 * number of sets.
 */
export const signal_generation = defineTopology<RuleSpec>({
  *containers(ctx) {
    const limit = integerOf(ctx, 'sets', Number.MAX_SAFE_INTEGER)
    for (const spec of parameterSets(limit)) yield { id: containerId(spec), config: spec }
  },

  /** All records in one batch, so that those of a set are consecutive for any number of concurrent containers. */
  async run({ config: spec }) {
    return [signalRecords(spec, await market())]
  },
})

/**
 * The performance of every parameter set in sample, from its signals: a container for each set, a record for each year
 * before `config.out_of_sample_from`. So the objective of a set is the mean of its yearly Sharpe ratios. The output is
 * the best `config.finalists` sets, with their signals.
 */
export const optimization = defineTopology<Omit<SignalSet, 'container'>>({
  /** One pass through the signals, as fast as containers start. No container gets a signal from after the sample. */
  async *containers(ctx) {
    const { end } = await sampleOf(ctx)
    for await (const { container, family, params, signals } of setsOf(inherited(ctx), ctx)) {
      yield { id: container, config: { family, params, signals: signalsBefore(signals, end) } }
    }
  },

  async *run({ config: { family, params, signals } }, ctx) {
    const { bars, years } = await sampleOf(ctx)
    for (const record of yearRecords(bars, signals, years)) yield { family, params, ...record }
  },

  async output(ctx): Promise<Selection> {
    const { outOfSampleFrom, end } = await sampleOf(ctx)
    const count = integerOf(ctx, 'finalists', 10)
    const candidates = ctx.aggregates.bestContainers.map(({ container }) => container ?? '')
    const wanted = new Set(candidates)
    const signalsOf = new Map<string, readonly Signal[]>()
    for await (const { container, signals } of setsOf(inherited(ctx), ctx)) {
      if (wanted.has(container)) signalsOf.set(container, signals)
    }
    return { outOfSampleFrom, finalists: chooseFinalists(candidates, signalsOf, end, count) }
  },
})

/**
 * The finalists and, for comparison, buying and holding the index, out of sample: a container for each, a record for
 * each year that was not used for the choice. The output compares those years with the years of the choice.
 */
export const analysis = defineTopology<Pick<Finalist, 'signals'>>({
  async *containers(ctx) {
    const { finalists } = await selectionOf(ctx)
    for (const { container, signals } of [...finalists, BUY_AND_HOLD]) yield { id: container, config: { signals } }
  },

  async *run({ config }, ctx) {
    const { bars } = await market()
    const selection = await selectionOf(ctx)
    yield* yearRecords(bars, config.signals, splitYears(bars, selection.outOfSampleFrom).outOfSample)
  },

  async output(ctx): Promise<Comparison> {
    const { bars } = await market()
    const { finalists, outOfSampleFrom } = await selectionOf(ctx)
    return compare(finalists, setsOf(input(ctx, 'signal_generation'), ctx), bars, outOfSampleFrom)
  },
})

function* yearRecords(bars: Bars, signals: readonly Signal[], years: readonly YearSpan[]): Generator<YearRecord> {
  const positions = positionsFrom(signals, bars.dates.length)
  for (const figures of yearlyFigures(bars, positions, COST_PER_TURNOVER, years)) {
    const { year, lastDay, metrics } = figures
    yield { timestamp: closingTime(lastDay), year, result: { metrics, signals_generated: figures.signals } }
  }
}

function setsOf(signals: PhaseReference, { signal }: TopologyContext): AsyncGenerator<SignalSet> {
  return signalSets(signals.rows({ batches: true, signal }))
}

async function selectionOf(ctx: TopologyContext): Promise<Selection> {
  return (await inherited(ctx).get()) as Selection
}

/** The data that the optimization may use: the years of the sample, before the day with index `end`. */
async function sampleOf(ctx: TopologyContext) {
  const { bars } = await market()
  const outOfSampleFrom = integerOf(ctx, 'out_of_sample_from', 2010)
  const { inSample, outOfSample } = splitYears(bars, outOfSampleFrom)
  return { bars, outOfSampleFrom, years: inSample, end: outOfSample[0]?.first ?? bars.dates.length }
}

function integerOf({ config }: TopologyContext, key: string, fallback: number): number {
  const value = config[key] ?? fallback
  expectValue(`config.${key}`, value, integerFrom(1))
  return value as number
}

/** The output that the phase inherits. */
function inherited({ phase, config }: TopologyContext): PhaseReference {
  return present(config['inherited_data'] as PhaseReference | undefined, `${phase} needs inherit_from`)
}

/** The output of a phase that it depends on. */
function input({ phase, inputs }: TopologyContext, name: string): PhaseReference {
  return present(inputs[name], `${phase} needs ${name} in its depends_on`)
}

function present(reference: PhaseReference | undefined, remedy: string): PhaseReference {
  if (reference === undefined) throw new Error(`Phase ${remedy}: see examples/sp500/workflow.yaml`)
  return reference
}
