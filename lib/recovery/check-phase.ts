/**
 * Checks the files of one phase against the journal.
 */
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { syncDirectory } from '../../sinks/files/file-target.ts'
import { listParts } from '../../sinks/files/part-names.ts'
import { messageOf, quantityText } from '../core/errors.ts'
import { encodeName } from '../core/names.ts'
import { readAggregates } from '../journal/aggregates-log.ts'
import { closedParts } from '../journal/closed-parts.ts'
import { readContainerLog } from '../journal/container-log.ts'
import type { CommitEntry, PartClosedEntry } from '../journal/entries.ts'
import { damageOfCommitted, damageOfPart } from '../journal/part-damage.ts'
import type { RunState } from '../journal/run-state.ts'
import { checkOutput } from '../outputs/check-output.ts'
import { readPart } from '../reading/read-part.ts'
import { aggregatesPath, containersPath, fileName, partsPath } from '../run/directory.ts'
import { csvDialectOf } from '../workflow/results-settings.ts'
import { damageOfOpenRows } from './open-rows.ts'
import type { Report } from './problems.ts'

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

/** The phase to check, and where its problems are reported. */
export interface PhaseCheck {
  /** Directory of the run. */
  readonly directory: string
  readonly phase: string
  readonly state: RunState
  /** Whether the rows of parts are read and counted, too. */
  readonly readsRows: boolean
  readonly report: Report
}

/** Checks everything that the journal knows of a phase, except its rejections. Memory: the reader, the aggregates, and the names of its parts. */
export async function checkPhase(check: PhaseCheck): Promise<VerifiedPhase> {
  const { directory, phase, state, report } = check
  const { commit, ended, output } = state.phase(phase)
  const { recordsIn = 0, written = 0, rejected = 0, deduplicated = 0 } = commit?.counts ?? {}
  const known = new Set<string>()
  let rows = 0
  for await (const part of closedParts(directory, phase)) {
    known.add(basename(part.file))
    rows += await checkPart(check, part)
  }
  const counts = { phase, parts: known.size, rows, recordsIn, written, rejected, deduplicated }
  // After a failed write the files may hold more than was committed.
  const isOver = ended?.status === 'completed'
  if (isOver) await checkForeignParts(check, known)
  else if (commit !== undefined) {
    if (!known.has(basename(commit.file ?? ''))) await checkCommitted(check, commit)
    const damage = await damageOfOpenRows(directory, commit)
    if (damage !== undefined) report(phase, damage.file, damage.message)
  }
  if (recordsIn !== written + rejected + deduplicated) {
    const sum = `${written} written, ${rejected} rejected and ${deduplicated} deduplicated`
    report(phase, null, `${quantityText(recordsIn, 'accepted record')}, but ${sum}`)
  }
  if (isOver && rows !== written)
    report(phase, null, `${quantityText(written, 'written record')}, but ${quantityText(rows, 'row')} in the files`)
  if (commit !== undefined) {
    await checkAggregates(check, commit)
    await attempt(check, () => readToEnd(readContainerLog(containersPath(directory, phase), commit.containers)))
  }
  if (output !== undefined)
    await attempt(check, () => checkOutput(join(directory, 'outputs', encodeName(phase, 'phase')), phase))
  return counts
}

/** Returns the number of rows of a part. */
async function checkPart({ directory, readsRows, report, state }: PhaseCheck, part: PartClosedEntry): Promise<number> {
  const { phase, file, rows, schema } = part
  try {
    const damage = await damageOfPart(directory, part)
    if (damage !== undefined) report(phase, file, damage)
    // A reader may not end on bytes that are not those of the format.
    if (!readsRows || damage !== undefined) return rows
    let found = 0
    const csv = csvDialectOf(state.workflow?.workflow.results)
    for await (const batch of readPart(join(directory, file), schema, new AbortController().signal, csv))
      found += batch.length
    if (found !== rows) report(phase, file, `has ${quantityText(found, 'row')}, not ${rows}`)
    return found
  } catch (cause) {
    report(phase, file, `cannot be read: ${messageOf(cause)}`)
    return rows
  }
}

/** A part after the last commit of a phase that is not over is no problem: a resume removes it. */
async function checkForeignParts({ directory, phase, report }: PhaseCheck, known: ReadonlySet<string>): Promise<void> {
  const parts = partsPath(directory, phase)
  for (const part of await listParts(parts)) {
    if (known.has(part)) continue
    const path = join(parts, part)
    report(phase, fileName(directory, path), 'is not in the journal', async () => {
      await rm(path)
      await syncDirectory(parts)
    })
  }
}

async function checkCommitted({ directory, phase, report }: PhaseCheck, commit: CommitEntry): Promise<void> {
  try {
    const damage = await damageOfCommitted(directory, commit)
    if (damage !== undefined) report(phase, commit.file, damage)
  } catch (cause) {
    report(phase, commit.file, `cannot be read: ${messageOf(cause)}`)
  }
}

async function checkAggregates(check: PhaseCheck, { aggregates, counts }: CommitEntry): Promise<void> {
  const { directory, phase, report } = check
  if (aggregates === null) return
  await attempt(check, async () => {
    const state = await readAggregates(aggregatesPath(directory, phase), aggregates)
    const { count } = state.phaseSummary(phase)
    if (count !== counts.written)
      report(
        phase,
        null,
        `${quantityText(count, 'aggregated record')}, but ${quantityText(counts.written, 'written record')}`,
      )
  })
}

/** Reports the error of a check that names the file itself. */
async function attempt({ phase, report }: PhaseCheck, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    report(phase, null, messageOf(cause))
  }
}

async function readToEnd(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of items);
}
