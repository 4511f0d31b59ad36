/**
 * Replaces a file as a whole: a reader sees the old content or the new one, also after a power loss. The package
 * write-file-atomic syncs the file but not the directory, so a power loss could undo its rename. Since version 8 it does
 * not support Node 20 either.
 */
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SpillwayError } from '../../lib/core/errors.ts'
import { ioError, syncDirectory } from './file-target.ts'

/** Where new content is until it is complete; a crash can leave this file behind. */
export function draftPath(path: string): string {
  return `${path}.draft`
}

/**
 * Writes a draft, syncs it, renames it to `path`, and syncs the directory. A failure before the rename leaves the old file
 * as it was. Calls for one path must not overlap, as they share the draft.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`; one that `content` throws, as it is
 */
export async function replaceFile(path: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  const draft = draftPath(path)
  try {
    await writeFile(draft, content, { flush: true })
    await rename(draft, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {})
    throw cause instanceof SpillwayError ? cause : ioError('write', path, cause)
  }
}
