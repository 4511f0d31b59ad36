/**
 * Checks whether the files of a run match its journal: sizes, checksums, rows and counts.
 */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { listParts } from '../../sinks/files/part-names.ts'
import { readAggregates } from '../journal/aggregates-log.ts'
import { readContainerLog } from '../journal/container-log.ts'
import { messageOf } from '../core/errors.ts'
import { DataFlowManager } from '../data-flow-manager.ts'
import type { CommitEntry, PartClosedEntry, RunStatus } from '../journal/entries.ts'
import { closedParts } from '../journal/closed-parts.ts'
import { readPart } from '../reading/read-part.ts'
import { damageOfPart } from '../journal/part-damage.ts'
import { expectRunDirectory, readJournal, readRunState } from '../journal/reader.ts'
import { aggregatesPath, containersPath, partsPath } from '../run/directory.ts'
import { RunLock } from '../run/lock.ts'
import type { RunState } from '../journal/run-state.ts'
import { damageOfOpenRows } from './open-rows.ts'
import { readRejections } from './rejections.ts'

/** A difference between the files of a run and its journal. */
export interface RunProblem {
  /** The phase; null for a problem of the whole run. */
  readonly phase: string | null
  /** Path in the run directory, with slashes; null when the problem is not about one file. */
  readonly file: string | null
  /** The problem as text, to be read after the name of the file or phase. */
  readonly message: string
}

/** A checked phase. */
export interface VerifiedPhase {
  /** Name of the phase. */
  readonly phase: string
  /** Number of complete part files. */
  readonly parts: number
  /** Number of rows in these files. */
  readonly rows: number
  /** Number of committed records: `recordsIn = written + rejected + deduplicated`. */
  readonly recordsIn: number
  /** Number of records written to files. */
  readonly written: number
  /** Number of records that were rejected. */
  readonly rejected: number
  /** Number of records that were skipped because an earlier run had written them. */
  readonly deduplicated: number
}

/** A checked run. */
export interface VerifiedRun {
  /** Id of the run. */
  readonly workflowId: string
  /** How the run ended; `unfinished` when the journal records no end. */
  readonly status: RunStatus | 'unfinished'
  /** The phases, in the order of the workflow. */
  readonly phases: readonly VerifiedPhase[]
  /** Empty when the files match the journal. */
  readonly problems: readonly RunProblem[]
}

type Report = (phase: string | null, file: string | null, message: string) => void

/**
 * Checks a run and reads all its files. Memory: the readers, the aggregates, and the names of the parts of one phase.
 * On a read-only file system it works without a lock.
 *
 * @param directory - the run directory
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for a directory that is not a run directory, or a journal that cannot
 *   be read; `ERR_SPILLWAY_LOCKED` while another process uses the directory; `ERR_SPILLWAY_IO`
 */
export async function verifyRun(directory: string): Promise<VerifiedRun> {
  await expectRunDirectory(directory)
  await using _lock = await RunLock.takeToRead(directory)
  const state = await readRunState(directory)
  const problems: RunProblem[] = []
  const report: Report = (phase, file, message) => problems.push({ phase, file, message })
  await readToEnd(readJournal(directory))
  await checkWorkflow(directory, state, report)
  const rejections = await countRejections(directory)
  const phases: VerifiedPhase[] = []
  for (const { name } of state.workflow?.workflow.phases ?? []) {
    phases.push(await verifyPhase(directory, name, state, rejections.get(name) ?? 0, report))
  }
  return { workflowId: state.workflowId, status: state.ended?.status ?? 'unfinished', phases, problems }
}

async function checkWorkflow(directory: string, { workflow }: RunState, report: Report): Promise<void> {
  const file = 'workflow.json'
  try {
    const hash = createHash('sha256')
      .update(await readFile(join(directory, file)))
      .digest('hex')
    if (hash !== workflow?.hash) report(null, file, 'was changed after the run started')
  } catch (cause) {
    report(null, file, `cannot be read: ${messageOf(cause)}`)
  }
}

async function verifyPhase(
  directory: string,
  phase: string,
  state: RunState,
  rejections: number,
  report: Report,
): Promise<VerifiedPhase> {
  const { commit, ended, output } = state.phase(phase)
  const { recordsIn = 0, written = 0, rejected = 0, deduplicated = 0 } = commit?.counts ?? {}
  const known = new Set<string>()
  let rows = 0
  for await (const part of closedParts(directory, phase)) {
    known.add(basename(part.file))
    rows += await verifyPart(directory, part, report)
  }
  // After a failed write the files may hold more than was committed.
  const isOver = ended?.status === 'completed'
  const counts = { phase, parts: known.size, rows, recordsIn, written, rejected, deduplicated }
  if (commit !== undefined && !isOver) {
    await verifyOpenPart(directory, commit, report)
    known.add(basename(commit.file ?? ''))
  }
  for (const part of await listParts(partsPath(directory, phase))) {
    // A part after the last commit is not a problem: a resume removes it.
    if (!known.has(part) && isOver) report(phase, `results/${phase}/${part}`, 'is not in the journal')
  }
  if (recordsIn !== written + rejected + deduplicated) {
    const sum = `${written} written, ${rejected} rejected and ${deduplicated} deduplicated`
    report(phase, null, `${recordsIn} records were accepted, but ${sum}`)
  }
  if (isOver && rows !== written)
    report(phase, null, `${written} records were written, but the files have ${rows} rows`)
  if (rejections < rejected || (isOver && rejections !== rejected)) {
    report(phase, 'dead-letter.jsonl', `${rejected} records were rejected, but the file has ${rejections}`)
  }
  if (commit?.aggregates) await verifyAggregates(directory, commit, report)
  if (commit !== undefined) await verifyContainers(directory, commit, report)
  if (output !== undefined) await verifyOutput(directory, phase, state.workflowId, report)
  return counts
}

async function verifyPart(directory: string, part: PartClosedEntry, report: Report): Promise<number> {
  const { phase, file, rows, schema } = part
  const path = join(directory, file)
  try {
    const damage = await damageOfPart(directory, part)
    if (damage !== undefined) report(phase, file, damage)
    let found = 0
    for await (const batch of readPart(path, schema, new AbortController().signal)) found += batch.length
    if (found !== rows) report(phase, file, `has ${found} rows, not ${rows}`)
    return found
  } catch (cause) {
    report(phase, file, `cannot be read: ${messageOf(cause)}`)
    return 0
  }
}

async function verifyOpenPart(directory: string, commit: CommitEntry, report: Report) {
  const { phase, file, offsetBytes } = commit
  if (file === null) return
  const damage = await damageOfOpenRows(directory, commit)
  if (damage !== undefined) report(phase, damage.file, damage.message)
  const { size } = await stat(join(directory, file)).catch(() => ({ size: 0 }))
  if (size < offsetBytes) report(phase, file, `has ${size} bytes, but ${offsetBytes} were committed`)
}

async function verifyAggregates(directory: string, commit: CommitEntry, report: Report): Promise<void> {
  const { phase, aggregates, counts } = commit
  if (aggregates === null) return
  try {
    const state = await readAggregates(aggregatesPath(directory, phase), aggregates)
    const { count } = state.phaseSummary(phase)
    if (count !== counts.written)
      report(phase, null, `${count} records are aggregated, but ${counts.written} are written`)
  } catch (cause) {
    report(phase, null, messageOf(cause))
  }
}

async function verifyContainers(directory: string, { phase, containers }: CommitEntry, report: Report): Promise<void> {
  try {
    await readToEnd(readContainerLog(containersPath(directory, phase), containers))
  } catch (cause) {
    report(phase, null, messageOf(cause))
  }
}

async function verifyOutput(directory: string, phase: string, workflowId: string, report: Report): Promise<void> {
  const path = resolve(directory)
  const manager = new DataFlowManager({ directory: dirname(path) })
  try {
    const reference = await manager.createReference(workflowId, phase)
    if (reference.rowCount === null) await reference.get()
    else await readToEnd(reference.rows())
  } catch (cause) {
    report(phase, null, messageOf(cause))
  }
}

async function readToEnd(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _item of items) count += 1
  return count
}

/** The number of rejections in the dead-letter file, by phase. */
async function countRejections(directory: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const { phase } of readRejections(directory)) counts.set(phase, (counts.get(phase) ?? 0) + 1)
  return counts
}
