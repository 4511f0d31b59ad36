import { readdirSync } from 'node:fs'
import t from 'tap'
import { bench } from '../../benchmarks/bench.ts'
import { formatComparison, formatMachine, formatReport } from '../../benchmarks/format-report.ts'
import { nodeArgs } from '../helpers/node-process.ts'

// The processes of a benchmark inherit the loaders of this one. They do not need those of the test runner.
process.execArgv = [...nodeArgs]
process.env['NODE_OPTIONS'] = ''

const fixture = (name: string) => new URL(`./fixtures/${name}.ts`, import.meta.url)

t.test('runs each contender once per round and reports the measurements', async (t) => {
  const directory = t.testdir()
  const report = await bench(fixture('numbers-case'), { rounds: 2, records: 12, directory })
  t.match(report, { name: 'numbers', rounds: 2, outputs: { 'at once': { rows: 12 }, later: { rows: 12 } } })
  t.strictSame(
    report.contenders.map(({ name, times }) => [name, times.length]),
    [
      ['at once', 2],
      ['later', 2],
    ],
  )
  t.strictSame(report.contenders[0]?.ratio, { median: 1, least: 1, most: 1 }, 'the first is as fast as itself')
  for (const contender of report.contenders) {
    const { records, recordsPerSecond, megabytesPerSecond, peakRssBytes, outputBytes } = contender
    t.equal(records, 12)
    t.equal(outputBytes, 26)
    t.ok(contender.gcShare >= 0 && contender.loopDelayMs >= 0)
    t.ok(recordsPerSecond > 0)
    t.ok(megabytesPerSecond > 0)
    t.ok(peakRssBytes > 1e6)
  }
  t.strictSame(readdirSync(directory), [], 'removes all files, including the input')

  const [heading, titles, ...lines] = formatReport(report).split('\n')
  t.equal(heading, 'numbers: median of 2 runs each, compared with at once')
  t.match(titles, /^ {2}contender +records +records\/s +µs each +MB\/s +output MB +size +peak MB +GC +delay ms +speed$/)
  t.match(lines[0], /^\* at once +12 .* 1\.000 \(1\.000 to 1\.000\)$/)
  t.match(lines[1], /^ {2}later +12 /, 'a contender for comparison has no star')
  t.match(formatComparison(report, report), /\n {2}later .* \+0\.0 %$/)
  t.match(report.machine.packages, { spillway: /^\d/, tap: /^\d/, 'no-such-package': 'not installed' })
  t.match(formatMachine(report.machine), `Node ${process.version}`)
})

t.test('compares the sizes of outputs with the same contents', async (t) => {
  const report = await bench(fixture('sizes-case'), { rounds: 1, records: 10 })
  t.strictSame(
    report.contenders.map(({ name, outputBytes, outputRatio }) => [name, outputBytes, outputRatio]),
    [
      ['tight', 20, 1],
      ['wide', 50, 2.5],
      ['wide as well', 50, 2.5],
    ],
  )
  t.match(formatReport(report), /\n\* wide .* 2\.500 /)
})

t.test('runs only the selected contenders, and compares with the first of them', async (t) => {
  const report = await bench(fixture('sizes-case'), { rounds: 1, records: 10, contenders: ['wide'] })
  t.strictSame(
    report.contenders.map(({ name, outputRatio }) => [name, outputRatio]),
    [
      ['wide', 1],
      ['wide as well', 1],
    ],
  )
  const none = bench(fixture('sizes-case'), { rounds: 1, contenders: ['narrow', 'slim'] })
  await t.rejects(none, { message: 'No contender of sizes has a name that contains narrow or slim' })
})

t.test('compares the cost per record if contenders have different work', async (t) => {
  const report = await bench(fixture('variants-case'), { rounds: 1, records: 10 })
  t.strictSame(
    report.contenders.map(({ name, records, outputBytes, outputRatio }) => [name, records, outputBytes, outputRatio]),
    [
      ['ten', 10, 20, 1],
      ['a hundred', 100, 290, 1.45],
      ['from a thousand on', 10, 50, 2.5],
    ],
  )
  t.equal(report.outputs['a hundred']?.rows, 100)
})

t.test('scales the number of records of a contender in proportion to `records`', async (t) => {
  const report = await bench(fixture('variants-case'), { rounds: 1, records: 30, contenders: ['a hundred', 'from'] })
  t.strictSame(
    report.contenders.map(({ name, records }) => [name, records]),
    [
      ['a hundred', 300],
      ['from a thousand on', 30],
    ],
  )
})

t.test('reports no ratios for a contender without records', async (t) => {
  const report = await bench(fixture('reading-case'), { rounds: 1, records: 10 })
  t.match(report.contenders, [
    { name: 'reader', records: 10, outputBytes: 20, ratio: { median: 1 } },
    { name: 'nothing', records: 0, recordsPerSecond: 0, outputBytes: 0, ratio: { median: 0 } },
  ])
  t.match(formatReport(report), /\n {2}nothing +0 +0 +- +0\.0 +0\.0 +- /)
  t.match(formatComparison(report, report), /\n {2}nothing .* - %$/)
})

t.test('reports the memory of the run, without that of the parent process', async (t) => {
  const ballast = Buffer.alloc(256 * 1024 * 1024, 1)
  const { contenders } = await bench(fixture('numbers-case'), { rounds: 1 })
  t.ok((contenders[0]?.peakRssBytes ?? NaN) < ballast.length)
})

t.test('fails if an output is wrong, even with the right size', async (t) => {
  await t.rejects(bench(fixture('wrong-case'), { rounds: 1 }), { message: /The output of cheat is wrong/ })
})

t.test('passes on the error of a contender', async (t) => {
  await t.rejects(bench(fixture('failing-case'), { rounds: 1 }), { message: /contender failed/ })
})
