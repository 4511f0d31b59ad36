/**
 * The text that the example ends with: what came out best, how that compares with buying and holding the index, and
 * what to make of it.
 */
import type { AggregatedResults } from '../../lib/result-streamer.ts'
import type { StreamerStats } from '../../lib/streamer-stats.ts'
import type { Bars } from './bars.ts'
import { COST_PER_TURNOVER } from './containers.ts'
import { formatTable } from './table.ts'
import type { TrackRecords } from './track-records.ts'
import type { YearFigures, YearMetrics } from './yearly-figures.ts'

/** What was written in one format. */
export interface WrittenFiles {
  readonly format: string
  readonly folder: string
  readonly stats: Pick<StreamerStats, 'written' | 'bytesWritten' | 'parts'>
}

/** All that the report tells of. */
export interface Findings {
  readonly bars: Bars
  readonly aggregated: Pick<AggregatedResults, 'topPerformers' | 'bestContainers' | 'averageMetrics'>
  readonly trackRecords: TrackRecords
  readonly buyAndHold: readonly YearFigures[]
  readonly files: readonly WrittenFiles[]
  readonly elapsedMs: number
}

/** Rows shown of each ranking. */
const RANKS = 10

/** The whole report, in lines of about 90 characters. */
export function formatReport(findings: Findings): string {
  return [
    heading(findings),
    bestSets(findings),
    bestYears(findings),
    averageYear(findings),
    files(findings),
    caution(findings),
  ].join('\n\n')
}

function heading({ bars, trackRecords, buyAndHold, files, elapsedMs }: Findings): string {
  const days = bars.dates.length
  const sets = trackRecords.size
  return [
    `S&P 500 from ${bars.dates[0] ?? '?'} to ${bars.dates.at(-1) ?? '?'}: ${whole(days)} daily bars.`,
    `${whole(sets)} parameter sets over ${buyAndHold.length} calendar years: ${whole(sets * buyAndHold.length)} records,`,
    `computed and written in ${files.length} formats in ${(elapsedMs / 1000).toFixed(1)} s.`,
    `Trading costs ${COST_PER_TURNOVER * 10_000} basis points per unit of turnover.`,
  ].join('\n')
}

function bestSets({ aggregated, trackRecords, buyAndHold }: Findings): string {
  const rows = aggregated.bestContainers.slice(0, RANKS).map(({ container, mean }) => {
    const name = container ?? ''
    const record = trackRecords.of(name)
    if (record === undefined) return [name, fixed(mean)]
    return [
      name,
      fixed(mean),
      bestYear(record.best.year, record.best.sharpe),
      percent(record.growth - 1),
      whole(record.trades),
    ]
  })
  const growth = buyAndHold.reduce((product, { metrics }) => product * (1 + metrics.total_return), 1)
  const best = buyAndHold.reduce((a, b) => (b.metrics.sharpe_ratio > a.metrics.sharpe_ratio ? b : a))
  rows.push([
    'buy and hold',
    fixed(meanOf(buyAndHold, 'sharpe_ratio')),
    bestYear(best.year, best.metrics.sharpe_ratio),
    percent(growth - 1),
    '',
  ])
  return titled(
    'Best parameter sets, by the mean of their yearly Sharpe ratios',
    formatTable(
      [
        { heading: 'Parameter set', align: 'left' },
        { heading: 'Mean Sharpe' },
        { heading: 'Best year' },
        { heading: 'Return, all years' },
        { heading: 'Trades' },
      ],
      rows,
    ),
  )
}

function bestYear(year: number, sharpe: number): string {
  return `${year} (${fixed(sharpe)})`
}

function bestYears({ aggregated }: Findings): string {
  const rows = aggregated.topPerformers
    .slice(0, RANKS)
    .map(({ container, timestamp, value, metrics }) => [
      container ?? '',
      String(timestamp).slice(0, 4),
      fixed(value),
      percent(metrics['total_return'] ?? NaN),
      percent(-(metrics['max_drawdown'] ?? NaN)),
      percent(metrics['exposure'] ?? NaN),
      whole(metrics['trades'] ?? NaN),
    ])
  return titled(
    'Best single years, by Sharpe ratio',
    formatTable(
      [
        { heading: 'Parameter set', align: 'left' },
        { heading: 'Year' },
        { heading: 'Sharpe' },
        { heading: 'Return' },
        { heading: 'Drawdown' },
        { heading: 'Invested' },
        { heading: 'Trades' },
      ],
      rows,
    ),
  )
}

function averageYear({ aggregated, buyAndHold }: Findings): string {
  const shown: readonly [string, keyof YearMetrics, (value: number) => string][] = [
    ['Sharpe ratio', 'sharpe_ratio', fixed],
    ['Return', 'total_return', percent],
    ['Max. drawdown', 'max_drawdown', (value) => percent(-value)],
    ['Days invested', 'exposure', percent],
    ['Positions opened', 'trades', fixed],
  ]
  return titled(
    'The average year',
    formatTable(
      [{ heading: 'Metric', align: 'left' }, { heading: 'All parameter sets' }, { heading: 'Buy and hold' }],
      shown.map(([label, metric, format]) => [
        label,
        format(aggregated.averageMetrics[metric] ?? NaN),
        format(meanOf(buyAndHold, metric)),
      ]),
    ),
  )
}

function files({ files }: Findings): string {
  return titled(
    'Files',
    formatTable(
      [
        { heading: 'Format', align: 'left' },
        { heading: 'Rows' },
        { heading: 'Bytes' },
        { heading: 'Files' },
        { heading: 'Folder', align: 'left' },
      ],
      files.map(({ format, folder, stats }) => [
        format,
        whole(stats.written),
        whole(stats.bytesWritten),
        whole(stats.parts),
        folder,
      ]),
    ),
  )
}

function caution({ bars, trackRecords, buyAndHold }: Findings): string {
  const lines = [
    'Before you trade on this: the best of thousands of sets, measured on the very years they',
    'were chosen by, is mostly the luckiest. That is selection bias, not a forecast.',
  ]
  const holdOut = trackRecords.holdOut()
  if (holdOut !== undefined) {
    const { chosen, rank, sets } = holdOut
    const { splitYear } = trackRecords
    const held = buyAndHold.filter(({ year }) => year >= splitYear)
    lines.push(
      '',
      `Had you picked the best set of the years before ${splitYear}, ${chosen.container}`,
      `with a mean Sharpe ratio of ${fixed(chosen.before.value)}, it would have made ${fixed(chosen.since.value)} since, rank ${whole(rank)} of ${whole(sets)}.`,
      `Buy and hold made ${fixed(meanOf(held, 'sharpe_ratio'))}.`,
    )
  }
  const lastYear = bars.years.at(-1)
  lines.push(
    '',
    'Look at the trades, too: a rule that traded once in twenty years has been right once.',
    'The index leaves out dividends, cash earns nothing, orders fill at the very close that',
    'gave the signal, and a year without a position counts as a Sharpe ratio of 0, which',
    'flatters a rule that sits out the bad years.',
  )
  if (lastYear !== undefined) {
    lines.push(`The ${lastYear.end - lastYear.first} days of ${lastYear.year} count as much as any full year.`)
  }
  return lines.join('\n')
}

function titled(title: string, body: string): string {
  return `${title}\n\n${body}`
}

function meanOf(years: readonly YearFigures[], metric: keyof YearMetrics): number {
  return years.reduce((sum, { metrics }) => sum + metrics[metric], 0) / years.length
}

function fixed(value: number): string {
  return value.toFixed(2)
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`
}

function whole(value: number): string {
  return value.toLocaleString('en-US')
}
