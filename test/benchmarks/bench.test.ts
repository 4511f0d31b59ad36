import { readdirSync } from 'node:fs'
import t from 'tap'
import { bench } from '../../benchmarks/bench.ts'
import { formatMachine, formatReport } from '../../benchmarks/format-report.ts'

// The processes of a benchmark inherit their loaders; they need none of the test runner's.
process.execArgv = ['--import=tsx']

const fixture = (name: string) => new URL(`./fixtures/${name}.ts`, import.meta.url)

t.test('runs each contender once a round and reports what it measured', async (t) => {
  const directory = t.testdir()
  const report = await bench(fixture('numbers-case'), { rounds: 2, records: 12, directory })
  t.match(report, { name: 'numbers', rounds: 2, records: 12, output: { rows: 12, bytes: 26 } })
  t.strictSame(
    report.contenders.map(({ name, times }) => [name, times.length]),
    [
      ['at once', 2],
      ['later', 2],
    ],
  )
  t.strictSame(report.contenders[0]?.ratio, { median: 1, least: 1, most: 1 }, 'the first is as fast as itself')
  for (const { recordsPerSecond, megabytesPerSecond, peakRssBytes } of report.contenders) {
    t.ok(recordsPerSecond > 0)
    t.ok(megabytesPerSecond > 0)
    t.ok(peakRssBytes > 1e6)
  }
  t.strictSame(readdirSync(directory), [], 'leaves nothing behind')

  t.match(formatReport(report), /^numbers: 12 records, .*\n {2}at once .* records\/s .*\n {2}later .* x at once \(/)
  t.match(report.machine.packages, { spillway: /^\d/, tap: /^\d/, 'no-such-package': 'not installed' })
  t.match(formatMachine(report.machine), `Node ${process.version}`)
})

t.test('refuses a time whose output is wrong, though its size is right', async (t) => {
  await t.rejects(bench(fixture('wrong-case'), { rounds: 1 }), { message: /The output of cheat is wrong/ })
})

t.test('hands on the failure of a contender', async (t) => {
  await t.rejects(bench(fixture('failing-case'), { rounds: 1 }), { message: /out of luck/ })
})
