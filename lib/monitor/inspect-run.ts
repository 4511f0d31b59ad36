/**
 * Summarizes a run directory from its journal, also while the run is in progress and after a crash.
 */
import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../core/errors.ts'
import { duckdbQueries } from './duckdb-queries.ts'
import type {
  JournalEntry,
  OutputStoredEntry,
  PartClosedEntry,
  PhaseEndedEntry,
  RunStatus,
} from '../journal/entries.ts'
import { droppedFrom, numberOf } from '../journal/closed-parts.ts'
import { expectRunDirectory, readJournal } from '../journal/reader.ts'
import type { StoredAggregates } from '../streaming/aggregated-results.ts'
import type { PhaseStatus } from '../execution/run-context.ts'
import { readRunFile } from '../run/directory.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** A part file of a run. */
export interface InspectedPart {
  /** Path within the run directory. */
  readonly file: string
  /** Null for an incomplete part. */
  readonly rows: number | null
  /** Size of the file. */
  readonly bytes: number
}

/** A phase of a run. `unfinished`: it has started, and its end is not in the journal. `waiting`: it has not started. */
export interface InspectedPhase {
  /** Name of the phase. */
  readonly phase: string
  /** How the phase ended, or how far it is. */
  readonly status: PhaseStatus | 'unfinished' | 'waiting'
  /** The message of the error that ended it; null if there is none. */
  readonly error: string | null
  /** The stack of that error and of its causes; null where there is none, and after a stop from outside. */
  readonly stack: string | null
  /** Containers that completed; null until the phase has ended. */
  readonly containers: number | null
  /** Records accepted; null until the phase has ended. */
  readonly records: number | null
  /** Records rejected; null until the phase has ended. */
  readonly rejected: number | null
  /** Rows of the completed parts. */
  readonly rows: number
  /** Bytes of all parts. */
  readonly bytes: number
  /** Duration in milliseconds; null until the phase has ended. */
  readonly elapsedMs: number | null
  /** In the order they were opened. */
  readonly parts: readonly InspectedPart[]
  /** The stored output of its topology; null if the topology has none. */
  readonly output: Pick<OutputStoredEntry, 'bytes' | 'tables'> | null
}

/** A run. `unfinished`: it is in progress, or was killed. */
export interface InspectedRun {
  /** Id of the run. */
  readonly workflowId: string
  /** Name of the workflow. */
  readonly name: string
  /** Directory of the run, as it was given. */
  readonly directory: string
  /** How the run ended, or `unfinished`. */
  readonly status: RunStatus | 'unfinished'
  /** The message of the error that ended it; null if there is none. */
  readonly error: string | null
  /** The stack of that error and of its causes; null where there is none, and after a stop from outside. */
  readonly stack: string | null
  /** Time in ISO 8601. */
  readonly startedAt: string
  /** Duration in milliseconds; null until the run has ended. */
  readonly elapsedMs: number | null
  /** In the order of the workflow. */
  readonly phases: readonly InspectedPhase[]
  /** Rows of all completed parts. */
  readonly rows: number
  /** Bytes of all parts. */
  readonly bytes: number
  /** Entries of the dead-letter file. */
  readonly rejected: number
  /** Null until the run has ended, or if it writes no results. */
  readonly aggregates: StoredAggregates | null
  /** DuckDB statements that read all records, one for each extension of the part files. */
  readonly queries: readonly string[]
}

/** The state of a phase according to its journal entries. */
interface PhaseTrace {
  started: boolean
  ended: PhaseEndedEntry | undefined
  output: OutputStoredEntry | undefined
  /** By file, in the order opened; undefined for an open part. */
  readonly parts: Map<string, PartClosedEntry | undefined>
}

/**
 * Reads the state of a run. It needs no lock and changes nothing. Memory: one entry for each part file.
 *
 * @param directory - the run directory: `<outputDir>/<workflow id>`
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` if it is not a run directory, or its journal is damaged;
 *   `ERR_SPILLWAY_IO` if a file cannot be read
 */
export async function inspectRun(directory: string): Promise<InspectedRun> {
  await expectRunDirectory(directory)
  const traces = new Map<string, PhaseTrace>()
  const entries = new Map<JournalEntry['type'], JournalEntry>()
  for await (const entry of readJournal(directory)) {
    if ('phase' in entry) note(traceOf(traces, entry.phase), entry)
    else if (entry.type === 'run-resumed') entries.delete('run-ended')
    else if (entry.type !== 'header' || !entries.has('header')) entries.set(entry.type, entry)
  }
  const workflow = await readJson<{ workflow: ResolvedWorkflow }>(join(directory, 'workflow.json'))
  const names = new Set([...(workflow?.workflow.phases ?? []).map(({ name }) => name), ...traces.keys()])
  const phases: InspectedPhase[] = []
  for (const name of names) phases.push(await inspectPhase(directory, name, traceOf(traces, name)))
  const header = entries.get('header') as Extract<JournalEntry, { type: 'header' }>
  const ended = entries.get('run-ended') as Extract<JournalEntry, { type: 'run-ended' }> | undefined
  return {
    workflowId: header.workflowId,
    name: workflow?.workflow.name ?? header.workflowId,
    directory,
    status: ended?.status ?? 'unfinished',
    error: ended?.error ?? null,
    stack: ended?.stack ?? null,
    startedAt: header.at,
    elapsedMs: ended?.elapsedMs ?? null,
    phases,
    rows: phases.reduce((sum, { rows }) => sum + rows, 0),
    bytes: phases.reduce((sum, { bytes }) => sum + bytes, 0),
    rejected: await countLines(join(directory, 'dead-letter.jsonl')),
    aggregates: (await readJson<StoredAggregates>(join(directory, 'aggregates.json'))) ?? null,
    queries: duckdbQueries(
      directory,
      phases.flatMap(({ parts }) => parts.map(({ file }) => file)),
    ),
  }
}

function traceOf(traces: Map<string, PhaseTrace>, phase: string): PhaseTrace {
  let trace = traces.get(phase)
  if (trace === undefined) {
    trace = { started: false, ended: undefined, output: undefined, parts: new Map() }
    traces.set(phase, trace)
  }
  return trace
}

function note(trace: PhaseTrace, entry: Extract<JournalEntry, { phase: string }>): void {
  switch (entry.type) {
    case 'phase-started':
      trace.started = true
      break
    case 'part-opened':
      trace.parts.set(entry.file, undefined)
      break
    case 'part-closed':
      trace.parts.set(entry.file, entry)
      break
    case 'output-stored':
      trace.output = entry
      break
    case 'phase-ended':
      trace.ended = entry
      break
    case 'phase-reset':
      trace.started = false
      trace.ended = undefined
      trace.output = undefined
      dropParts(trace, entry)
      break
    case 'parts-dropped':
      dropParts(trace, entry)
      break
    case 'commit':
  }
}

function dropParts({ parts }: PhaseTrace, entry: Extract<JournalEntry, { phase: string }>): void {
  const from = droppedFrom(entry, entry.phase) ?? Infinity
  for (const file of parts.keys()) if (numberOf(file) >= from) parts.delete(file)
}

async function inspectPhase(directory: string, phase: string, trace: PhaseTrace): Promise<InspectedPhase> {
  const { started, ended, output } = trace
  const parts: InspectedPart[] = []
  for (const [file, closed] of trace.parts) {
    parts.push({ file, rows: closed?.rows ?? null, bytes: closed?.bytes ?? (await sizeOf(join(directory, file))) })
  }
  return {
    phase,
    status: ended?.status ?? (started ? 'unfinished' : 'waiting'),
    error: ended?.error ?? null,
    stack: ended?.stack ?? null,
    containers: ended?.containers ?? null,
    records: ended?.records ?? null,
    rejected: ended?.counts?.rejected ?? null,
    rows: parts.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    elapsedMs: ended?.elapsedMs ?? null,
    parts,
    output: output === undefined ? null : { bytes: output.bytes, tables: output.tables },
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

/** Undefined if the file does not exist. */
async function readJson<Content>(path: string): Promise<Content | undefined> {
  return existsSync(path) ? readRunFile<Content>(path) : undefined
}

/** The number of lines; 0 if the file does not exist. */
async function countLines(path: string): Promise<number> {
  let lines = 0
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1
    }
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause
  }
  return lines
}
