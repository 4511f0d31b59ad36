/**
 * Formats the results of a benchmark as a table of text.
 */
import type { BenchReport, ContenderReport } from './bench.ts'
import type { Machine } from './machine.ts'
import type { PipelineReport, StageReport } from './time-pipelines.ts'
import type { Spread } from './statistics.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A heading, and a line for each contender. `*` marks the contenders under test. */
export function formatReport({ name, rounds, contenders }: BenchReport): string {
  const [baseline] = contenders
  const heading = `${name}: median of ${rounds} ${rounds === 1 ? 'run' : 'runs'} each, compared with ${baseline?.name ?? ''}`
  const rows = contenders.map((contender) => [
    `${contender.isSubject ? '*' : ' '} ${contender.name}`,
    whole.format(contender.records),
    whole.format(contender.recordsPerSecond),
    fixed(1e6 / contender.recordsPerSecond, 2),
    contender.megabytesPerSecond.toFixed(1),
    megabytes(contender.outputBytes),
    fixed(contender.outputRatio, 3),
    whole.format(contender.peakRssBytes / 1e6),
    percent(contender.gcShare),
    whole.format(contender.loopDelayMs),
    ratio(contender.ratio),
  ])
  const titles = ['records', 'records/s', 'µs each', 'MB/s', 'output MB', 'size', 'peak MB', 'GC', 'delay ms', 'speed']
  return [heading, ...table(['  contender', ...titles], rows)].join('\n')
}

/** The change of the ratios since an earlier report, a line for each contender that is in both. */
export function formatComparison(report: BenchReport, base: BenchReport): string {
  const rows = report.contenders.flatMap((contender): string[][] => {
    const before = base.contenders.find(({ name }) => name === contender.name)
    if (before === undefined) return []
    return [[`  ${contender.name}`, ratio(before.ratio), ratio(contender.ratio), change(before, contender)]]
  })
  return table(['  contender', 'speed before', 'speed now', 'change'], rows).join('\n')
}

/** A heading and a line for each pipeline, then for each pipeline a table of its stages. */
export function formatPipelines({ rounds, pipelines }: PipelineReport): string {
  const [baseline] = pipelines
  const heading = `median of ${rounds} ${rounds === 1 ? 'run' : 'runs'} each, compared with ${baseline?.name ?? ''}`
  const summary = pipelines.map(({ name, records, recordsPerSecond, gcShare, loopDelayMs, ratio: speed }) => [
    `  ${name}`,
    whole.format(records),
    whole.format(recordsPerSecond),
    (1e6 / recordsPerSecond).toFixed(2),
    percent(gcShare),
    whole.format(loopDelayMs),
    ratio(speed),
  ])
  const lines = table(['  pipeline', 'records', 'records/s', 'µs each', 'GC', 'delay ms', 'speed'], summary)
  for (const { name, stages, slowest } of pipelines) {
    lines.push(
      '',
      `${name}: the slowest stage is ${slowest}`,
      ...table(['  stage', 'busy', 'blocked', 'starved'], stages.map(stageRow)),
    )
  }
  return [heading, ...lines].join('\n')
}

/** One line that describes the machine. */
export function formatMachine(machine: Machine): string {
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`)
  const memory = `${whole.format(machine.memoryBytes / 2 ** 30)} GiB`
  const parts = [machine.cpu, `${machine.cores} cores`, memory, machine.platform, `Node ${machine.node}`, ...packages]
  return parts.join(', ')
}

function stageRow({ name, busyShare, blockedShare, starvedShare }: StageReport): string[] {
  return [`  ${name}`, percent(busyShare), percent(blockedShare), percent(starvedShare)]
}

function change(before: ContenderReport, now: ContenderReport): string {
  const percentage = (now.ratio.median / before.ratio.median - 1) * 100
  return `${percentage >= 0 ? '+' : ''}${fixed(percentage, 1)} %`
}

function ratio({ median, least, most }: Spread): string {
  return `${median.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})`
}

/** A dash for a value that is not finite, such as the time per record of a contender without records. */
function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-'
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

/** Aligned columns: the first one to the left, the others to the right. */
function table(titles: readonly string[], rows: readonly string[][]): string[] {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [titles, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
