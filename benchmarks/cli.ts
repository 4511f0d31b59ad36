/**
 * `npm run bench`: runs the benchmarks of the project. The filter and the contender names may be parts of names.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parse } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { bench, type BenchOptions, type BenchReport } from './bench.ts'
import { formatComparison, formatMachine, formatReport } from './format-report.ts'

interface Flags {
  readonly records?: number
  readonly rounds?: number
  readonly contender?: readonly string[]
  readonly directory?: string
  readonly json?: string
  readonly compare?: string
}

const command = new Command('npm run bench --')
  .description(
    'Runs the benchmark with this name, else all whose names contain it. `*` marks the contenders under test.',
  )
  .argument('[filter]', 'a name or a part of names (default: all benchmarks)')
  .option('--records <n>', 'records per run', count)
  .option('--rounds <n>', 'runs of each contender', count)
  .option('--contender <name...>', 'only contenders whose names contain this')
  .option('--directory <path>', 'directory in which the runs write')
  .option('--json <file>', 'also write the results to a file')
  .option('--compare <file>', 'compare with the results in a file of --json')
  .parse()
try {
  await run(command.args[0] ?? '', command.opts<Flags>())
} catch (error) {
  command.error((error as Error).message)
}

async function run(filter: string, { contender: contenders, json, compare, ...flags }: Flags): Promise<void> {
  const options: BenchOptions = { ...flags, ...(contenders !== undefined && { contenders }) }
  const base = compare === undefined ? [] : (JSON.parse(readFileSync(compare, 'utf8')) as BenchReport[])
  const cases = new URL('./cases/', import.meta.url)
  const files = readdirSync(cases).filter((file) => /(?<!\.d)\.[jt]s$/.test(file) && file.includes(filter))
  if (files.length === 0) throw new Error(`No benchmark has a name that contains ${filter}`)
  const named = files.find((file) => parse(file).name === filter)
  const reports: BenchReport[] = []
  for (const file of named === undefined ? files : [named]) {
    const report = await bench(new URL(file, cases), options)
    reports.push(report)
    console.log(formatReport(report))
    const before = base.find(({ name }) => name === report.name)
    if (before !== undefined) console.log(formatComparison(report, before))
    console.log(`${formatMachine(report.machine)}\n`)
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(reports, null, 2)}\n`)
  }
}

function count(value: string): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('Expected an integer from 1 up.')
}
