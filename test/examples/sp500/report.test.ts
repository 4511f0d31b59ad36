import t from 'tap'
import { barsFrom } from '../../../examples/sp500/bars.ts'
import { backtests, type YearRecord } from '../../../examples/sp500/containers.ts'
import { parameterSets } from '../../../examples/sp500/grid.ts'
import { IndicatorCache } from '../../../examples/sp500/indicator-cache.ts'
import { formatReport, type Findings } from '../../../examples/sp500/report.ts'
import { TrackRecords } from '../../../examples/sp500/track-records.ts'
import { yearlyFigures } from '../../../examples/sp500/yearly-figures.ts'

const place = { phase: 'backtest', index: null, iteration: null }

/** Findings on a price that swings up and down over two years. */
function findings(): Findings {
  const bars = barsFrom(
    Array.from({ length: 100 }, (_, index) => {
      const date = new Date(Date.UTC(2009, 10, 12 + index)).toISOString().slice(0, 10)
      const close = 100 + index + 20 * Math.sin(index / 5)
      return { date, close, high: close + 1, low: close - 1 }
    }),
  )
  const records = [...backtests(parameterSets(3), new IndicatorCache(bars))]
  const trackRecords = new TrackRecords(2010)
  for (const record of records) trackRecords.add(record)
  return {
    bars,
    trackRecords,
    buyAndHold: [...yearlyFigures(bars, new Uint8Array(100).fill(1), 0)],
    files: [{ format: 'csv', folder: 'results/csv', stats: { written: 6, bytesWritten: 12_345, parts: 1 } }],
    elapsedMs: 1234,
    aggregated: {
      bestContainers: [{ ...place, container: records[0]!.container, count: 2, mean: 1.5, best: 2 }],
      topPerformers: records.slice(0, 1).map(performer),
      averageMetrics: { sharpe_ratio: 0.25, total_return: 0.125, max_drawdown: 0.5, trades: 3, exposure: 0.75 },
    },
  }
}

function performer({ container, timestamp, result }: YearRecord) {
  return { ...place, container, timestamp, value: 4, metrics: { ...result.metrics } }
}

t.test('tells what was searched, and how long it took', async (t) => {
  t.match(
    formatReport(findings()),
    /^S&P 500 from 2009-11-12 to 2010-02-19: 100 daily bars\.\n3 .* 2 .* 6 records.*1\.2 s/s,
  )
})

t.test('shows the average year beside that of the index', async (t) => {
  const given = findings()
  const [first, second] = given.buyAndHold
  const mean = (((first?.metrics.total_return ?? NaN) + (second?.metrics.total_return ?? NaN)) / 2) * 100
  const line = formatReport(given)
    .split('\n')
    .find((text) => text.startsWith('  Return '))
  t.strictSame(line?.trim().split(/ {2,}/), ['Return', '12.5 %', `${mean.toFixed(1)} %`])
})

t.test('ranks sets with their return over all years, the index last', async (t) => {
  const lines = formatReport(findings()).split('\n')
  const from = lines.findIndex((line) => line.includes('Mean Sharpe'))
  t.match(lines[from + 2], /^ {2}ma-crossover\/fast=2,slow=20 +1\.50 +20(09|10) \(/)
  t.match(lines[from + 3], /^ {2}buy and hold /)
})

t.test('tells where the files are', async (t) => {
  t.match(formatReport(findings()), /csv +6 +12,345 +1 +results\/csv/)
})

t.test('ends with a caution, and what became of the best set of the first years', async (t) => {
  const text = formatReport(findings())
  t.match(
    text.slice(text.indexOf('Files')),
    /selection bias, not a forecast.*best set of the years before 2010.* of 3/s,
  )
})

t.test('lines are short enough for a terminal, and none ends in a space', async (t) => {
  for (const line of formatReport(findings()).split('\n')) {
    if (line.length > 110 || line.endsWith(' ')) t.fail(JSON.stringify(line))
  }
  t.pass('all lines')
})
