/**
 * The contents of a run directory, as text.
 */
import type { InspectedPhase, InspectedRun } from '../monitor/inspect-run.ts'
import { bytesText, countText, quantityText, secondsText } from './terminal/format-numbers.ts'
import { escapeText } from './terminal/escape-text.ts'
import { rankingText } from './run/run-report.ts'
import { formatTable } from './terminal/text-table.ts'

/** Part files listed per phase. Of the rest, only the number is printed. */
const MAX_PARTS = 20

/**
 * The whole report.
 *
 * @param width - of the terminal, which tables fit
 */
export function inspectionText(run: InspectedRun, width: number): string {
  return [
    heading(run),
    phaseTable(run, width),
    ...partList(run, width),
    ...(run.aggregates === null ? [] : rankingText(run.aggregates, width)),
    ...queryList(run),
  ].join('\n\n')
}

function queryList({ queries, phases, holder, directory }: InspectedRun): string[] {
  if (queries.length === 0) return []
  const hasOpenParquet = phases.some(({ parts }) =>
    parts.some(({ file, rows }) => rows === null && file.endsWith('.parquet')),
  )
  const remedy = holder === null ? `: complete it with \`spillway repair ${escapeText(directory)}\`` : ''
  return [
    ...(hasOpenParquet ? [`An open Parquet file cannot be read yet${remedy}.`] : []),
    `Read all of it with DuckDB:\n\n${queries.map((query) => `  ${query};`).join('\n')}`,
  ]
}

function heading({
  workflowId,
  name,
  directory,
  status,
  holder,
  error,
  stack,
  startedAt,
  elapsedMs,
  rows,
  bytes,
  rejected,
}: InspectedRun): string {
  const lines = [
    `Run ${escapeText(workflowId)} of ${escapeText(name)}: ${status}${elapsedMs === null ? '' : ` in ${secondsText(elapsedMs / 1000)}`}, started ${startedAt}`,
    `${quantityText(rows, 'row')}, ${bytesText(bytes)}, ${countText(rejected)} rejected, in ${escapeText(directory)}`,
  ]
  if (error !== null) lines.push(`It failed: ${error}`)
  if (stack !== null) lines.push(stack.replace(/^/gm, '  '))
  if (holder !== null) lines.push(`Process ${holder.pid} on ${escapeText(holder.host)} holds it.`)
  else if (status !== 'completed') {
    const reason = status === 'unfinished' ? 'It was interrupted: resume' : 'Resume'
    lines.push(`${reason} it with \`spillway resume ${escapeText(directory)}\`.`)
  }
  if (status === 'unfinished')
    lines.push('Rows, rejections and containers (done of begun) are those of the last commits.')
  return lines.join('\n')
}

function phaseTable({ phases }: InspectedRun, width: number): string {
  return formatTable(
    [
      { heading: 'Phase', align: 'left' },
      { heading: 'Status', align: 'left' },
      { heading: 'Containers' },
      { heading: 'Rows' },
      { heading: 'Rejected' },
      { heading: 'Parts' },
      { heading: 'Bytes' },
      { heading: 'Output' },
      { heading: 'Time' },
    ],
    phases.map((phase) => [
      phase.phase,
      phase.status,
      containersText(phase),
      countText(phase.rows),
      cellText(phase.rejected),
      countText(phase.parts.length),
      bytesText(phase.bytes),
      phase.output === null ? '' : bytesText(phase.output.bytes),
      phase.elapsedMs === null ? '' : secondsText(phase.elapsedMs / 1000),
    ]),
    width,
  )
}

function partList({ phases }: InspectedRun, width: number): string[] {
  const rows = phases.flatMap(({ parts }) => [
    ...parts
      .slice(0, MAX_PARTS)
      .map(({ file, rows, bytes }) => [file, rows === null ? 'open' : countText(rows), bytesText(bytes)]),
    ...(parts.length > MAX_PARTS ? [[`and ${countText(parts.length - MAX_PARTS)} more`]] : []),
  ])
  if (rows.length === 0) return []
  return [formatTable([{ heading: 'Part', align: 'left' }, { heading: 'Rows' }, { heading: 'Bytes' }], rows, width)]
}

function containersText({ containers, containersBegun }: InspectedPhase): string {
  if (containers === null || containersBegun === null || containers === containersBegun) return cellText(containers)
  return `${countText(containers)} of ${countText(containersBegun)}`
}

function cellText(count: number | null): string {
  return count === null ? '' : countText(count)
}
