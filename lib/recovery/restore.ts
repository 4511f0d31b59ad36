/**
 * Restores the files of a run to their last commits, so that the run can continue from there.
 */
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ioError, openFileTarget, syncDirectory } from '../../sinks/files/file-target.ts'
import { listParts, partNumber } from '../../sinks/files/part-names.ts'
import { readAggregates } from '../journal/aggregates-log.ts'
import { cutContainerLog } from '../journal/container-log.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { quantityText, SpillwayError } from '../core/errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { CommitEntry } from '../journal/entries.ts'
import type { EarlierPhase, EarlierPhases } from '../streaming/checkpoint.ts'
import {
  aggregatesPath,
  containersPath,
  fileName,
  OPEN_ROWS_DIRECTORY,
  partsPath,
  spoolPath,
} from '../run/directory.ts'
import { expectParts } from './expected-parts.ts'
import { restoreOpenRows } from './open-rows.ts'
import { cutRejections } from './rejections.ts'

/** A file that was truncated to its last commit, or removed. */
export interface CutFile {
  /** Name of the phase. */
  readonly phase: string
  /** Path in the run directory, with slashes. */
  readonly file: string
  /** Number of bytes that were removed. */
  readonly removedBytes: number
}

/** Called for each file that was truncated or removed. */
type OnCut = (file: CutFile) => void

/**
 * Truncates the parts of each phase to its last commit, and removes later parts and rejections. Committed rows whose row
 * group was open become a part. All parts of a phase without a commit are removed. The changes are written to the journal. Memory: the aggregates.
 *
 * @param phases - the names of all phases, both of the current workflow and of the workflow before
 * @returns the counts and aggregates of each phase with a commit
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when files are missing or damaged, `ERR_SPILLWAY_IO`
 */
export async function restoreRun(
  directory: string,
  phases: ReadonlySet<string>,
  journal: Journal,
  onCut: OnCut = () => {},
): Promise<EarlierPhases> {
  const earlier = new Map<string, EarlierPhase>()
  for (const phase of phases) {
    const { commit, ended } = journal.state.phase(phase)
    // A phase whose results are not written has no commit, but can be complete.
    if (commit === undefined && ended?.status === 'completed') continue
    if (commit === undefined) await resetPhase(directory, phase, journal, onCut)
    else {
      await expectParts(directory, commit)
      await cutParts(directory, commit, journal, onCut)
      await cutContainerLog(containersPath(directory, phase), commit.containers)
      const { counts, aggregates } = await restoreOpenRows(directory, commit, journal)
      const restored = aggregates && (await readAggregates(aggregatesPath(directory, phase), aggregates))
      earlier.set(phase, { counts, state: restored ?? new Aggregates({ phase }) })
    }
  }
  await cutRejections(directory, new Map([...earlier].map(([phase, { counts }]) => [phase, counts.rejected])))
  await rm(spoolPath(directory), { recursive: true, force: true })
  await journal.commit()
  await rm(join(directory, OPEN_ROWS_DIRECTORY), { recursive: true, force: true })
  return earlier
}

/**
 * Removes the state of a phase from the journal, and all its files.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function resetPhase(
  directory: string,
  phase: string,
  journal: Journal,
  onCut: OnCut = () => {},
): Promise<void> {
  if (journal.state.phase(phase).started !== undefined) journal.append({ type: 'phase-reset', phase })
  await removePartsAfter(-1, { directory, phase, onCut })
  for (const path of [aggregatesPath(directory, phase), containersPath(directory, phase)]) {
    await rm(path, { recursive: true, force: true })
  }
}

async function cutParts(directory: string, commit: CommitEntry, journal: Journal, onCut: OnCut): Promise<void> {
  const { phase, file, offsetBytes: bytes, rows, schema, crc32 } = commit
  if (file === null) {
    await removePartsAfter(-1, { directory, phase, onCut })
    journal.append({ type: 'parts-dropped', phase, from: null })
    return
  }
  const parts = partsPath(directory, phase)
  const last = partNumber(file.slice(file.lastIndexOf('/') + 1))
  const name = (await listParts(parts)).find((part) => partNumber(part) === last)
  const path = join(parts, name ?? '')
  const found = name === undefined ? 0 : (await stat(path)).size
  if (found < bytes) {
    throw new SpillwayError(
      'ERR_SPILLWAY_JOURNAL',
      `${join(directory, file)} has ${quantityText(found, 'byte')}, but its commit has ${bytes}. Restore the file, or run the phase again with --accept-changes ${phase}.`,
      { place: { phase, path: join(directory, file) } },
    )
  }
  if (found > bytes) {
    await truncate(path, bytes)
    onCut({ phase, file, removedBytes: found - bytes })
  }
  const removed = await removePartsAfter(last, { directory, phase, onCut })
  // The journal of a completed phase describes its parts already.
  const isComplete = journal.state.phase(phase).ended?.status === 'completed'
  if (isComplete && removed === 0 && found === bytes) return
  journal.append({ type: 'parts-dropped', phase, from: file })
  // The checksum is that of what was written. It is not computed from the file, which may be damaged.
  journal.append({ type: 'part-closed', phase, file, schema, rows, bytes, crc32 })
}

async function truncate(path: string, bytes: number): Promise<void> {
  try {
    const target = await openFileTarget(path, 'append')
    try {
      await target.truncate(bytes)
      await target.sync()
    } finally {
      await target.close()
    }
  } catch (cause) {
    throw ioError('cut', path, cause)
  }
}

/** The phase whose parts are removed, and where the removal is reported. */
interface Removal {
  readonly directory: string
  readonly phase: string
  readonly onCut: OnCut
}

/** Removes the parts with greater numbers from the disk; returns how many there were. */
async function removePartsAfter(number: number, { directory, phase, onCut }: Removal): Promise<number> {
  const parts = partsPath(directory, phase)
  const removed = (await listParts(parts)).filter((part) => partNumber(part) > number)
  for (const part of removed) {
    const path = join(parts, part)
    const file = fileName(directory, path)
    try {
      onCut({ phase, file, removedBytes: (await stat(path)).size })
      await rm(path)
    } catch (cause) {
      throw ioError('remove', path, cause)
    }
  }
  if (removed.length > 0) await syncDirectory(parts)
  return removed.length
}
