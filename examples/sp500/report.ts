/**
 * The report that the example prints: the finalists in sample and out of sample, their interpretation, and the files.
 */
import { bytesText, countText, secondsText } from '../../lib/cli/terminal/format-numbers.ts'
import { formatTable, type Column } from '../../lib/cli/terminal/text-table.ts'
import type { WorkflowResult } from '../../lib/run/result.ts'
import type { Compared, Comparison, Period } from './comparison.ts'
import { COST_PER_TURNOVER } from './performance.ts'
import type { PeriodFigures } from './period-figures.ts'

/** The parts of a run's result that are reported. */
export type ReportedRun = Pick<WorkflowResult, 'directory' | 'phases' | 'elapsedMs'>

/** Figures with two columns each, in sample and out of sample. */
const FIGURES: readonly [heading: string, metric: keyof PeriodFigures, format: (value: number) => string][] = [
  ['Sharpe', 'sharpe_ratio', (value) => value.toFixed(2)],
  ['Return', 'total_return', percent],
  ['Drawdown', 'max_drawdown', (value) => percent(-value)],
  ['Trades', 'trades', countText],
]

const COLUMNS: readonly Column[] = [
  { heading: 'Parameter set', align: 'left' },
  ...FIGURES.flatMap(([heading]) => [{ heading }, { heading: 'out' }]),
  { heading: 'Rank' },
]

/** The whole report, in lines of about 100 characters. */
export function formatReport(comparison: Comparison, run: ReportedRun): string {
  return [heading(comparison, run), finalists(comparison), reading(comparison), files(run)].join('\n\n')
}

function heading({ inSample, outOfSample, sets }: Comparison, { phases, elapsedMs }: ReportedRun): string {
  const signals = phases['signal_generation']?.records ?? 0
  return [
    `S&P 500: ${countText(inSample.days + outOfSample.days)} daily bars from ${inSample.firstDay} to ${outOfSample.lastDay}.`,
    `${countText(sets)} parameter sets of three rules, ${countText(signals)} signals, ${secondsText(elapsedMs / 1000)}.`,
    'A signal is traded at the close of its day, and opening or closing a position costs ' +
      `${COST_PER_TURNOVER * 10_000} basis points.`,
    'The index does not include dividends, and cash earns nothing.',
  ].join('\n')
}

function finalists({ inSample, outOfSample, sets, finalists, buyAndHold }: Comparison): string {
  const legend = [
    'Each figure has two columns: in sample (the years the sets were chosen by) and out (the years since).',
    'Sharpe: the mean of the yearly ratios. A year without a position counts as 0, and an incomplete year as a',
    `full one. Drawdown: the largest fall from a high. Rank: by the second Sharpe, among all ${countText(sets)} sets.`,
  ]
  if (finalists.some(({ alike }) => alike > 0)) legend.push('+ n: n further sets made the same trades in sample.')
  return [
    `The best parameter sets of ${yearsOf(inSample)}, and their results in ${yearsOf(outOfSample)}`,
    formatTable(COLUMNS, [...finalists, buyAndHold].map(row)),
    legend.join('\n'),
  ].join('\n\n')
}

function row({ container, alike, inSample, outOfSample, rank }: Compared): string[] {
  const name = container.replaceAll('_', ' ')
  return [
    alike === 0 ? name : `${name} + ${alike}`,
    ...FIGURES.flatMap(([, metric, format]) => [format(inSample[metric]), format(outOfSample[metric])]),
    countText(rank),
  ]
}

function reading({ sets, finalists, buyAndHold }: Comparison): string {
  const ranks = finalists.map(({ rank }) => rank)
  const held = buyAndHold.outOfSample.sharpe_ratio
  const better = finalists.filter(({ outOfSample }) => outOfSample.sharpe_ratio > held).length
  const before = meanSharpe(finalists.map(({ inSample }) => inSample))
  const since = meanSharpe(finalists.map(({ outOfSample }) => outOfSample))
  return [
    `These ${countText(finalists.length)} were chosen from ${countText(sets)} parameter sets by the years of the in-sample columns, so part of the`,
    'in-sample performance is chance: this is selection bias. Out of sample their mean Sharpe ratio changed',
    `from ${before.toFixed(2)} to ${since.toFixed(2)}, and their ranks are ${countText(Math.min(...ranks))} at best and ${countText(Math.max(...ranks))} at worst, while buying and holding the`,
    `index reached ${held.toFixed(2)}: ${better === 0 ? 'none' : countText(better)} of them did better. So the in-sample columns only document the search, and`,
    'the other columns are history, not a forecast.',
  ].join('\n')
}

function files({ directory, phases }: ReportedRun): string {
  const rows = Object.values(phases).map(({ phase, containers, records, counts, elapsedMs }) => [
    phase,
    countText(containers),
    countText(records),
    bytesText(counts?.bytesWritten ?? 0),
    secondsText(elapsedMs / 1000),
    `results/${phase}/`,
  ])
  const table = formatTable(
    [
      { heading: 'Phase', align: 'left' },
      { heading: 'Containers' },
      { heading: 'Records' },
      { heading: 'Bytes' },
      { heading: 'Time' },
      { heading: 'Folder', align: 'left' },
    ],
    rows,
  )
  return `Files in ${directory}\n\n${table}`
}

function yearsOf({ firstDay, lastDay }: Period): string {
  return `${firstDay.slice(0, 4)}-${lastDay.slice(0, 4)}`
}

function meanSharpe(figures: readonly PeriodFigures[]): number {
  return figures.reduce((sum, { sharpe_ratio }) => sum + sharpe_ratio, 0) / figures.length
}

function percent(fraction: number): string {
  // Adding 0 turns -0 into 0.
  return `${Math.round(fraction * 100) + 0} %`
}
