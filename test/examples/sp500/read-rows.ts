/** The bars of the S&P 500 from their file, read without the code under test. */
import { readFileSync } from 'node:fs'
import type { Bar } from '../../../examples/sp500/bars.ts'
import { barsFile } from '../../../examples/sp500/load-bars.ts'

export function readRows(): Bar[] {
  const [, ...lines] = readFileSync(barsFile(), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [date, , high, low, close] = line.split(',')
    return { date: date!, high: Number(high), low: Number(low), close: Number(close) }
  })
}
