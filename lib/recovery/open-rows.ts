/**
 * The committed rows whose row group was still open when a run ended.
 */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ioError, openFileTarget } from '../../sinks/files/file-target.ts'
import { partName } from '../../sinks/files/part-names.ts'
import { messageOf, SpillwayError } from '../core/errors.ts'
import { numberOf } from '../journal/closed-parts.ts'
import type { CommitEntry } from '../journal/entries.ts'
import type { Journal } from '../journal/journal.ts'
import { damageOfPart } from '../journal/part-damage.ts'
import { fileName, openRowsPath } from '../run/directory.ts'

/** What is wrong with the open rows of a commit, to be read after `file`; undefined when they are whole, or when there are none. */
export async function damageOfOpenRows(
  directory: string,
  { phase, openRows }: CommitEntry,
): Promise<{ readonly file: string; readonly message: string } | undefined> {
  if (openRows === null) return undefined
  // The name was read from the journal, so it must not lead out of the directory.
  const file = fileName(directory, join(openRowsPath(directory, phase), basename(openRows.file)))
  const message = await damageOfPart(directory, { ...openRows, file }).catch(
    (cause: unknown) => `cannot be read: ${messageOf(cause)}`,
  )
  return message === undefined ? undefined : { file, message }
}

/**
 * Makes a part of the open rows of a commit. Their file is kept until the journal is committed, so this can be repeated
 * after a crash.
 *
 * @param commit - the last one of a phase, whose parts are cut already
 * @returns the commit with that part as the last file; the same commit when there are no open rows
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when the rows are missing or damaged, `ERR_SPILLWAY_IO`
 */
export async function restoreOpenRows(directory: string, commit: CommitEntry, journal: Journal): Promise<CommitEntry> {
  const { phase, file: last, openRows, schema, counts } = commit
  if (openRows === null || last === null) return commit
  const damage = await damageOfOpenRows(directory, commit)
  if (damage !== undefined) {
    const path = join(directory, damage.file)
    throw new SpillwayError(
      'ERR_SPILLWAY_JOURNAL',
      `${path} ${damage.message}. Restore the file, or run the phase again with --accept-changes ${phase}.`,
      { place: { phase, path } },
    )
  }
  // A part without a row group has no footer either, so the open rows replace it.
  const replaces = commit.rows === 0
  const extension = last.slice(last.indexOf('.', last.lastIndexOf('/')) + 1)
  const file = replaces ? last : `${dirname(last)}/${partName(numberOf(last) + 1, extension)}`
  await copyFile(join(openRowsPath(directory, phase), basename(openRows.file)), join(directory, file))
  const { rows, bytes, crc32 } = openRows
  if (replaces) journal.append({ type: 'parts-dropped', phase, from: last })
  journal.append({ type: 'part-closed', phase, file, schema, rows, bytes, crc32 })
  const restored: CommitEntry = {
    ...commit,
    file,
    offsetBytes: bytes,
    rows,
    crc32,
    openRows: null,
    counts: { ...counts, parts: counts.parts + (replaces ? 0 : 1) },
  }
  journal.append(restored)
  return restored
}

/** Copies a file of at most a few megabytes, and makes the copy durable. */
async function copyFile(from: string, to: string): Promise<void> {
  try {
    const bytes = await readFile(from)
    const target = await openFileTarget(to, 'overwrite')
    try {
      await target.write(bytes)
      await target.sync()
    } finally {
      await target.close()
    }
  } catch (cause) {
    throw ioError('write', to, cause)
  }
}
