/**
 * The messages of the command line about a run: while it is in progress, and at its end.
 */
import {
  DEFAULT_OBJECTIVE,
  type AggregateSummary,
  type MissingObjective,
  type Objective,
  type PhaseSummary,
} from '../../../transforms/aggregate/summary-types.ts'
import { nearestWord } from '../../core/nearest.ts'
import type { ResultStreamer } from '../../result-streamer.ts'
import type { PhaseProgress } from '../../monitor/run-progress.ts'
import { acceptedOf } from '../../streaming/stats.ts'
import { shownStack, type WorkflowResult } from '../../run/result.ts'
import { cutText, escapeText } from '../terminal/escape-text.ts'
import { bytesText, countText, quantityText, secondsText } from '../terminal/format-numbers.ts'
import { formatTable } from '../terminal/text-table.ts'

/** The most phases that are all shown on a terminal. Of more phases, only the running ones are shown. */
const MAX_LINES = 12

/** The most phases whose best containers are listed. */
const MAX_RANKINGS = 5

/** The most names of metrics in a message. */
const MAX_NAMES = 10

/** Longer names of phases are cut in progress lines. */
const MAX_NAME_WIDTH = 40

const SYMBOLS: Readonly<Record<PhaseProgress['status'], string>> = {
  waiting: '·',
  running: '▶',
  completed: '✔',
  failed: '✖',
  aborted: '■',
  skipped: '-',
}

/** The progress lines of a terminal. */
export function progressText(phases: readonly PhaseProgress[], stats: ResultStreamer['stats'] | undefined): string {
  const running = phases.filter(({ status }) => status === 'running')
  const shown = phases.length <= MAX_LINES ? phases : running.slice(0, MAX_LINES)
  const names = shown.map(({ phase }) => cutText(escapeText(phase), MAX_NAME_WIDTH))
  const width = Math.max(...names.map((name) => name.length))
  const lines = shown.map((phase, index) => {
    const counts = stats?.phases.get(phase.phase)
    const newRecords = counts === undefined ? phase.newRecords : acceptedOf(counts) - phase.earlierRecords
    return `${SYMBOLS[phase.status]} ${names[index]?.padEnd(width) ?? ''}  ${progressCounts({ ...phase, newRecords })}`
  })
  if (shown.length < phases.length) {
    const ended = phases.filter(({ status }) => status !== 'running' && status !== 'waiting').length
    lines.push(`  ${countText(ended)} of ${quantityText(phases.length, 'phase')} ended`)
  }
  return lines.join('\n')
}

/** The line that is printed when a phase starts or ends and there is no terminal. */
export function phaseLine(phase: PhaseProgress): string {
  const name = escapeText(phase.phase)
  if (phase.status === 'running') return `${name}: started`
  return `${name}: ${phase.status}${phase.status === 'skipped' ? '' : `, ${progressCounts(phase)}`}`
}

function progressCounts(phase: PhaseProgress): string {
  const { status, containers, running, failed, newRecords, elapsedMs } = phase
  if (status === 'waiting' || status === 'skipped') return status
  const seconds = elapsedMs / 1000
  const rate = status === 'running' && seconds > 0 ? `, ${countText(newRecords / seconds)} records/s` : ''
  const others = `${running > 0 ? `, ${countText(running)} running` : ''}${failed > 0 ? `, ${countText(failed)} failed` : ''}`
  return `${quantityText(containers, 'container')}${others}, ${recordsText(phase)}, ${secondsText(seconds)}${rate}`
}

/** The records of a phase; after a resume those of this execution, too. */
function recordsText({ newRecords, earlierRecords }: PhaseProgress): string {
  const all = quantityText(newRecords + earlierRecords, 'record')
  return earlierRecords === 0 ? all : `${all} in all, ${countText(newRecords)} this time`
}

/** The result of a completed run: a table of its phases, its best containers, and its directory. Tables fit `width`. */
export function resultText(
  { workflowId, directory, phases, aggregatedResults, elapsedMs }: WorkflowResult,
  width: number,
): string {
  const isResumed = Object.values(phases).some(({ records, newRecords }) => newRecords !== records)
  const rows = Object.values(phases).map((phase) => [
    phase.phase,
    countText(phase.containers),
    ...(isResumed ? [countText(phase.newRecords)] : []),
    countText(phase.records),
    ...(phase.counts === null ? ['', ''] : [countText(phase.counts.rejected), bytesText(phase.counts.bytesWritten)]),
    secondsText(phase.elapsedMs / 1000),
  ])
  const table = formatTable(
    [
      { heading: 'Phase', align: 'left' },
      { heading: 'Containers' },
      ...(isResumed ? [{ heading: 'Records this time' }, { heading: 'In all' }] : [{ heading: 'Records' }]),
      { heading: 'Rejected' },
      { heading: 'Bytes' },
      { heading: 'Time' },
    ],
    rows,
    width,
  )
  return [
    `${escapeText(workflowId)}: completed in ${secondsText(elapsedMs / 1000)}`,
    table,
    ...Object.values(phases).flatMap(unlistedText),
    ...(aggregatedResults === null ? [] : rankingText(aggregatedResults, width)),
    escapeText(`All files are in ${directory}; \`spillway inspect ${directory}\` lists them.`),
  ].join('\n\n')
}

/** Which containers of an earlier execution are not listed any more; empty if there are none. */
function unlistedText({ phase, unlisted: { count, ids } }: WorkflowResult['phases'][string]): string[] {
  if (count === 0) return []
  const names = ids.map((id) => JSON.stringify(id)).join(', ')
  const more = count > ids.length ? ` and ${countText(count - ids.length)} more` : ''
  return [
    escapeText(
      `Not listed any more in phase ${phase}, but their records are kept: ${quantityText(count, 'container')} (${names}${more}).`,
    ),
  ]
}

/** The best containers of each phase, or why nothing is ranked; empty without records. */
export function rankingText({ objective, phases, missingObjective }: AggregateSummary, width: number): string[] {
  if (missingObjective) return [escapeText(missingObjectiveText(missingObjective))]
  const ranked = Object.values(phases).filter(({ bestContainers }) => bestContainers.length > 0)
  const more = ranked.length - MAX_RANKINGS
  return [
    ...ranked.slice(0, MAX_RANKINGS).map((phase) => bestContainersText(phase, objective, width)),
    ...(more > 0 ? [`The best containers of ${quantityText(more, 'more phase')} are in aggregates.json.`] : []),
  ]
}

function bestContainersText(
  { phase, bestContainers }: PhaseSummary,
  objective: Required<Objective>,
  width: number,
): string {
  const table = formatTable(
    [{ heading: 'Container', align: 'left' }, { heading: 'Records' }, { heading: 'Mean' }, { heading: 'Best' }],
    bestContainers.map(({ container, count, mean, best }) => [
      container ?? '(none)',
      countText(count),
      metricText(mean),
      metricText(best),
    ]),
    width,
  )
  const wanted = objective.direction === 'max' ? 'highest' : 'lowest'
  return `Containers of ${escapeText(phase)} with the ${wanted} mean ${escapeText(objective.metric)}\n\n${table}`
}

function missingObjectiveText({ metric, seen, readFrom }: MissingObjective): string {
  if (seen.includes(metric)) {
    return `Nothing is ranked: all values of the metric \`${metric}\` of the objective are NaN or infinite.`
  }
  const more = seen.length > MAX_NAMES ? ` and ${countText(seen.length - MAX_NAMES)} more` : ''
  const names = seen.length === 0 ? 'none' : `${seen.slice(0, MAX_NAMES).join(', ')}${more}`
  const nearest = nearestWord(metric, seen)
  return [
    `No record has the metric \`${metric}\` of the objective. Metrics seen: ${names}, read from \`${readFrom}\`.`,
    ...(nearest === undefined ? [] : [`Did you mean \`${nearest}\`?`]),
    ...(metric === DEFAULT_OBJECTIVE.metric ? ['It is the default: set `objective` to rank by another metric.'] : []),
    ...(seen.length === 0 ? ['Set `metrics` in `fields` of `results` if yours are elsewhere.'] : []),
  ].join(' ')
}

/** What was kept of a run that did not complete, and how to continue it. */
export function partialText({ directory, phases }: WorkflowResult): string {
  const all = Object.values(phases)
  const written = all.reduce((sum, { counts }) => sum + (counts?.written ?? 0), 0)
  const [made, madeNow] = [sumOf(all, 'records'), sumOf(all, 'newRecords')]
  const part = made === madeNow ? '' : `, ${countText(madeNow)} of them made this time`
  const completed = all.filter(({ status }) => status === 'completed').length
  const kept =
    written === 0
      ? 'No record was written'
      : `${quantityText(written, 'record')} ${written === 1 ? 'is' : 'are'} kept in ${directory}${part}`
  return `${countText(completed)} of ${quantityText(all.length, 'phase')} completed. ${kept}. To continue: spillway resume ${directory}`
}

function sumOf(phases: readonly WorkflowResult['phases'][string][], count: 'records' | 'newRecords'): number {
  return phases.reduce((sum, phase) => sum + phase[count], 0)
}

/** A run's result, as it is printed as JSON. */
export function resultJson(result: WorkflowResult): object {
  const phases = Object.values(result.phases).map((phase) => ({
    ...phase,
    error: phase.error?.message ?? null,
    stack: shownStack(phase.status, phase.error),
  }))
  const counts = result.counts && { ...result.counts, phases: undefined }
  return { ...result, phases, counts }
}

function metricText(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(6)))
}
