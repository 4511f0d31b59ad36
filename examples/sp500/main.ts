/**
 * Backtests some thousand parameter sets of three classic trading rules on twenty years of the S&P 500, and streams
 * the results into JSONL, CSV and Parquet files at once. Run it with `npm start`; `npm start -- --help` tells more.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { YearRecord } from './containers.ts'
import { formatReport } from './report.ts'
import { search } from './search.ts'

const HELP = `Usage: npm start -- [options]

  --out <dir>   folder for the results (default: results/sp500)
  --sets <n>    try the first n parameter sets only (default: all)
  --help        show this text
`

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join('results', 'sp500') },
      sets: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const limit = values.sets === undefined ? Infinity : Number(values.sets)
  if (!(limit >= 1)) throw new Error(`Expected --sets to be a number from 1 up, got '${values.sets}'`)
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const findings = await search({ out: values.out, limit, onRecord: progress() })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  process.stdout.write(`${formatReport(findings)}\n`)
}

/** Keeps one line on the terminal that tells how far the search is; silent where there is no terminal. */
function progress(): (record: YearRecord) => void {
  let count = 0
  return ({ container }) => {
    count++
    if (!process.stderr.isTTY || count % 500 !== 0) return
    process.stderr.write(`\r${count.toLocaleString('en-US')} records, now ${container}\x1b[K`)
  }
}
