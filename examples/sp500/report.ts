/**
 * The text that the example ends with: the finalists in sample and out of sample, what to make of them, and where the
 * files are.
 */
import { bytesText, countText, secondsText } from '../../lib/cli/terminal/format-numbers.ts'
import { formatTable, type Column } from '../../lib/cli/terminal/text-table.ts'
import type { WorkflowResult } from '../../lib/run/result.ts'
import type { Compared, Comparison, Period } from './comparison.ts'
import { COST_PER_TURNOVER } from './performance.ts'
import type { PeriodFigures } from './period-figures.ts'

/** What the report tells of the run. */
export type ReportedRun = Pick<WorkflowResult, 'directory' | 'phases' | 'elapsedMs'>

/** Figures that stand in two columns, in sample and out of sample. */
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
    'A signal is traded at the close that gives it, and getting in or out costs ' +
      `${COST_PER_TURNOVER * 10_000} basis points.`,
    'The index leaves out dividends, and cash earns nothing.',
  ].join('\n')
}

function finalists({ inSample, outOfSample, sets, finalists, buyAndHold }: Comparison): string {
  const legend = [
    'Two columns a figure: in sample, the years the sets were chosen by, and out of sample, the years since.',
    'Sharpe: the mean of the yearly ratios, where a year without a position counts as 0, and a part of a year as',
    `a whole one. Drawdown: the deepest fall from a high. Rank: by the second Sharpe, among all ${countText(sets)} sets.`,
  ]
  if (finalists.some(({ alike }) => alike > 0))
    legend.push('+ n: and n further sets that made the same trades in sample.')
  return [
    `The best of ${yearsOf(inSample)}, and what became of them in ${yearsOf(outOfSample)}`,
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
    `These ${countText(finalists.length)} were picked out of ${countText(sets)} parameter sets by the very years of the in-sample columns, so part of`,
    'what those show is luck: that is selection bias. Out of sample their mean Sharpe ratio went from',
    `${before.toFixed(2)} to ${since.toFixed(2)} and their ranks to ${countText(Math.min(...ranks))} at best and ${countText(Math.max(...ranks))} at worst, while buying and holding the`,
    `index made ${held.toFixed(2)}: ${better === 0 ? 'none' : countText(better)} of them did better. So read the in-sample columns as a record of the search, and`,
    'even the other ones as history, not as a forecast.',
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
  // Adding zero makes minus zero plain zero.
  return `${Math.round(fraction * 100) + 0} %`
}
