/**
 * Puts the figures of a benchmark into a few lines of text.
 */
import type { BenchReport } from './bench.ts'
import type { Machine } from './machine.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A heading, and a line for each contender. */
export function formatReport(report: BenchReport): string {
  const [first] = report.contenders
  const width = Math.max(...report.contenders.map(({ name }) => name.length))
  const lines = report.contenders.map((contender) => {
    const { median, least, most } = contender.ratio
    const speed = `${whole.format(contender.recordsPerSecond).padStart(11)} records/s`
    const cost = `${(1e6 / contender.recordsPerSecond).toFixed(2).padStart(7)} µs a record`
    const rate = `${contender.megabytesPerSecond.toFixed(1).padStart(7)} MB/s`
    const memory = `${whole.format(contender.peakRssBytes / 1e6).padStart(6)} MB peak RSS`
    const size = `${megabytes(contender.outputBytes).padStart(9)} output`
    const line = `  ${contender.name.padEnd(width)}${speed}${cost}${rate}${memory}${size}`
    if (contender === first) return line
    const bytes = ` (${contender.outputRatio.toFixed(3)} x)`
    const ratio = `${median.toFixed(3)} x ${first?.name ?? ''} (${least.toFixed(3)} to ${most.toFixed(3)})`
    return `${line}${bytes}  ${ratio}, which is ${(1 / median).toFixed(2)} x it`
  })
  const size = `${whole.format(report.records)} records, ${megabytes(first?.outputBytes ?? 0)}`
  return [`${report.name}: ${size}, median of ${report.rounds} runs each`, ...lines].join('\n')
}

/** One line on where the figures were taken. */
export function formatMachine(machine: Machine): string {
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`)
  const memory = `${whole.format(machine.memoryBytes / 2 ** 30)} GiB`
  const parts = [machine.cpu, `${machine.cores} cores`, memory, machine.platform, `Node ${machine.node}`, ...packages]
  return parts.join(', ')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
