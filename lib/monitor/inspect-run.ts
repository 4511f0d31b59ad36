/**
 * Summarizes a run directory from its journal, also while the run is in progress and after a crash.
 */
import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../core/errors.ts'
import { duckdbQueries } from './duckdb-queries.ts'
import { IndexRanges } from '../core/index-ranges.ts'
import type { JournalEntry, OutputStoredEntry, PartClosedEntry, RunStatus } from '../journal/entries.ts'
import { droppedFrom, numberOf } from '../journal/closed-parts.ts'
import { expectRunDirectory, readJournal } from '../journal/reader.ts'
import { RunState, type PhaseState } from '../journal/run-state.ts'
import { acceptedOf } from '../streaming/stats.ts'
import type { StoredAggregates } from '../streaming/aggregated-results.ts'
import type { PhaseStatus } from '../execution/run-context.ts'
import { readRunFile } from '../run/directory.ts'
import { readLockOwner } from '../run/lock.ts'
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
  /** Containers that are done. Until the phase has ended: by its last commit. Null before the first one. */
  readonly containers: number | null
  /** Containers that have begun by the last commit, also those that are done. Null before the first commit. */
  readonly containersBegun: number | null
  /** Records accepted. Until the phase has ended: by its last commit. Null before the first one. */
  readonly records: number | null
  /** Records rejected. Until the phase has ended: by its last commit. Null before the first one. */
  readonly rejected: number | null
  /** Rows committed to the files: those that a resume keeps. */
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

/** A process. */
export interface RunHolder {
  /** Id of the process. */
  readonly pid: number
  /** Name of its machine. */
  readonly host: string
}

/** A run. `unfinished`: it is in progress, or was killed; see `holder`. */
export interface InspectedRun {
  /** Id of the run. */
  readonly workflowId: string
  /** Name of the workflow. */
  readonly name: string
  /** Directory of the run, as it was given. */
  readonly directory: string
  /** How the run ended, or `unfinished`. */
  readonly status: RunStatus | 'unfinished'
  /** The process that holds the lock of the run; null if none does, so that it can be resumed. */
  readonly holder: RunHolder | null
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
  /** Rows committed to the files of all phases. */
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

/** The parts of a phase by file, in the order opened; undefined for an open part. */
type PhaseParts = Map<string, PartClosedEntry | undefined>

/**
 * Reads the state of a run. It takes no lock and changes nothing. Memory: one entry for each part file. Where a process on
 * another machine holds the run, it takes six seconds to know whether that process is running.
 *
 * @param directory - the run directory: `<outputDir>/<workflow id>`
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` if it is not a run directory, or its journal is damaged;
 *   `ERR_SPILLWAY_IO` if a file cannot be read
 */
export async function inspectRun(directory: string): Promise<InspectedRun> {
  await expectRunDirectory(directory)
  // Before the journal: a run that ends in between must not seem interrupted.
  const owner = await readLockOwner(directory)
  const { state, startedAt, parts } = await readEntries(directory)
  const { workflowId, ended } = state
  const workflow = await readJson<{ workflow: ResolvedWorkflow }>(join(directory, 'workflow.json'))
  const names = new Set([...(workflow?.workflow.phases ?? []).map(({ name }) => name), ...parts.keys()])
  const phases: InspectedPhase[] = []
  for (const name of names) phases.push(await inspectPhase(directory, name, state.phase(name), parts.get(name)))
  return {
    workflowId,
    name: workflow?.workflow.name ?? workflowId,
    directory,
    status: ended?.status ?? 'unfinished',
    holder: owner === undefined ? null : { pid: owner.pid, host: owner.host },
    error: ended?.error ?? null,
    stack: ended?.stack ?? null,
    startedAt,
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

/** What the journal says of a run. */
interface RunEntries {
  readonly state: RunState
  readonly startedAt: string
  /** By phase. */
  readonly parts: ReadonlyMap<string, PhaseParts>
}

async function readEntries(directory: string): Promise<RunEntries> {
  let header: Extract<JournalEntry, { type: 'header' }> | undefined
  let state = new RunState('')
  const parts = new Map<string, PhaseParts>()
  for await (const entry of readJournal(directory)) {
    if (entry.type === 'header' && header === undefined) {
      header = entry
      state = new RunState(entry.workflowId)
    }
    state.note(entry)
    if (!('phase' in entry)) continue
    const files = parts.get(entry.phase) ?? new Map<string, PartClosedEntry | undefined>()
    parts.set(entry.phase, files)
    if (entry.type === 'part-opened') files.set(entry.file, undefined)
    else if (entry.type === 'part-closed') files.set(entry.file, entry)
    const from = droppedFrom(entry, entry.phase) ?? Infinity
    for (const file of files.keys()) if (numberOf(file) >= from) files.delete(file)
  }
  return { state, startedAt: header?.at ?? '', parts }
}

async function inspectPhase(
  directory: string,
  phase: string,
  { started, commit, ended, output }: PhaseState,
  files: PhaseParts = new Map(),
): Promise<InspectedPhase> {
  const parts: InspectedPart[] = []
  for (const [file, closed] of files) {
    parts.push({ file, rows: closed?.rows ?? null, bytes: closed?.bytes ?? (await sizeOf(join(directory, file))) })
  }
  const counts = ended?.counts ?? commit?.counts ?? null
  return {
    phase,
    status: ended?.status ?? (started === undefined ? 'waiting' : 'unfinished'),
    error: ended?.error ?? null,
    stack: ended?.stack ?? null,
    containers: ended?.containers ?? (commit === undefined ? null : IndexRanges.from(commit.done).size),
    containersBegun: commit?.containers.count ?? null,
    records: ended?.records ?? (counts === null ? null : acceptedOf(counts)),
    rejected: counts?.rejected ?? null,
    rows: commit?.counts.written ?? 0,
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
