import t from 'tap'
import type { Compared, Comparison } from '../../../examples/sp500/comparison.ts'
import type { PeriodFigures } from '../../../examples/sp500/period-figures.ts'
import { formatReport, type ReportedRun } from '../../../examples/sp500/report.ts'

function figures(sharpe_ratio: number, changes: Partial<PeriodFigures> = {}): PeriodFigures {
  return { sharpe_ratio, total_return: 1.234, max_drawdown: 0.5, trades: 1234, ...changes }
}

function compared(container: string, inSample: number, outOfSample: number, rank: number): Compared {
  return { container, alike: 0, inSample: figures(inSample), outOfSample: figures(outOfSample), rank }
}

const comparison: Comparison = {
  inSample: { firstDay: '2000-01-03', lastDay: '2009-12-31', days: 2515 },
  outOfSample: { firstDay: '2010-01-04', lastDay: '2020-04-17', days: 2590 },
  sets: 2000,
  finalists: [compared('rsi/period=3,oversold=20,overbought=70', 1.5, 0.5, 1005), compared('ma/fast=2', 0.5, 1, 31)],
  buyAndHold: compared('buy_and_hold', 0.25, 0.9, 40),
}

const phase = {
  status: 'completed',
  error: null,
  unlisted: { count: 0, ids: [] },
  counts: null,
  aggregates: null,
  output: null,
} as const
const run: ReportedRun = {
  directory: 'results/sp500_search-20260101T120000Z',
  elapsedMs: 1234,
  phases: {
    signal_generation: {
      ...phase,
      phase: 'signal_generation',
      containers: 2000,
      records: 54_321,
      newRecords: 54_321,
      elapsedMs: 420,
    },
    analysis: { ...phase, phase: 'analysis', containers: 3, records: 33, newRecords: 33, elapsedMs: 10 },
  },
}

/** The paragraphs of the report. */
function report(changes: Partial<Comparison> = {}): string[] {
  return formatReport({ ...comparison, ...changes }, run).split('\n\n')
}

t.test('the heading has the size of the search and its duration', async (t) => {
  const [heading] = report()
  t.match(
    heading,
    /^S&P 500: 5,105 daily bars from 2000-01-03 to 2020-04-17\.\n2,000 parameter sets.*54,321 signals, 1\.2s/,
  )
  t.match(heading, /costs 5 basis points/)
})

t.test('the table has figures in sample and out of sample, the index last', async (t) => {
  const [, title, table] = report()
  t.equal(title, 'The best parameter sets of 2000-2009, and their results in 2010-2020')
  const [, , ...rows] = table!.split('\n').map((line) => line.trim().split(/ {2,}/))
  t.strictSame(
    rows.map(([name, ...cells]) => [name, ...cells.slice(0, 6), cells.at(-1)]),
    [
      ['rsi/period=3,oversold=20,overbought=70', '1.50', '0.50', '123 %', '123 %', '-50 %', '-50 %', '1,005'],
      ['ma/fast=2', '0.50', '1.00', '123 %', '123 %', '-50 %', '-50 %', '31'],
      ['buy and hold', '0.25', '0.90', '123 %', '123 %', '-50 %', '-50 %', '40'],
    ],
  )
})

t.test('zero has no sign', async (t) => {
  const idle = figures(0, { total_return: -0.001, max_drawdown: 0 })
  const [, , table] = report({ finalists: [{ ...comparison.finalists[0]!, inSample: idle }] })
  t.match(table, / 0\.00 +0\.50 +0 % +123 % +0 % /)
})

t.test('the legend explains sets with the same trades only if there are any', async (t) => {
  t.notMatch(report()[3], /same trades/)
  const [, , table, legend] = report({ finalists: [{ ...comparison.finalists[1]!, alike: 4 }] })
  t.match(table, /ma\/fast=2 \+ 4 /)
  t.match(legend, /\+ n: n further sets made the same trades/)
})

t.test('interprets the figures in three sentences', async (t) => {
  const reading = report()[4]!.replaceAll('\n', ' ')
  t.equal(reading.match(/\.( |$)/g)?.length, 3)
  t.match(reading, /^These 2 were chosen from 2,000 parameter sets.*selection bias\./)
  t.match(reading, /mean Sharpe ratio changed from 1\.00 to 0\.75, and their ranks are 31 at best and 1,005 at worst/)
  t.match(reading, /the index reached 0\.90: 1 of them did better\./)
  const [finalist] = comparison.finalists
  t.match(report({ finalists: [finalist!] })[4], /none\s+of them\s+did\s+better/)
})

t.test('lists the directories of the phases', async (t) => {
  const [title, table] = report().slice(-2)
  t.equal(title, 'Files in results/sp500_search-20260101T120000Z')
  t.match(table, /signal_generation +2,000 +54,321 +0 B +420ms +results\/signal_generation\/\n/)
})

t.test('lines fit a terminal, and have no trailing space', async (t) => {
  for (const line of formatReport(comparison, run).split('\n')) {
    if (line.length > 110 || line.endsWith(' ')) t.fail(JSON.stringify(line))
  }
  t.pass('all lines')
})
