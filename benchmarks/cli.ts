/**
 * Runs the benchmarks of the project: `npm run bench -- [filter] [--contender name]... [--records n] [--rounds n]
 * [--directory path] [--json file]`. A filter and a name of a contender may be parts of names.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bench, type BenchOptions, type BenchReport } from './bench.ts'
import { formatMachine, formatReport } from './format-report.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string' },
    rounds: { type: 'string' },
    contender: { type: 'string', multiple: true },
    directory: { type: 'string' },
    json: { type: 'string' },
  },
})
const options: BenchOptions = {
  ...count('records', values.records),
  ...count('rounds', values.rounds),
  ...(values.contender === undefined ? {} : { contenders: values.contender }),
  ...(values.directory === undefined ? {} : { directory: values.directory }),
}

const cases = new URL('./cases/', import.meta.url)
const files = readdirSync(cases).filter((file) => /(?<!\.d)\.[jt]s$/.test(file) && file.includes(positionals[0] ?? ''))
if (files.length === 0) throw new Error(`No benchmark is named like ${positionals.join(' ')}`)

const reports: BenchReport[] = []
for (const file of files) {
  const report = await bench(new URL(file, cases), options)
  console.log(`${formatReport(report)}\n  ${formatMachine(report.machine)}\n`)
  reports.push(report)
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(reports, null, 2)}\n`)

function count<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: number } {
  if (value === undefined) return {}
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`Expected --${name} to be an integer from 1 up`)
  return { [name]: number } as { [key in Name]?: number }
}
