/**
 * Checks the stored output of a phase by its directory, wherever that is now: a run may have been copied or renamed.
 */
import { FiledOutput } from './filed-output.ts'
import { damagedFile } from './output-errors.ts'
import { PhaseDirectory } from './phase-directory.ts'

/**
 * Reads a stored output to its end. Memory: the value without its tables, one batch of rows and one row group.
 *
 * @param path - the directory of the phase's output
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when it is missing or damaged, `ERR_SPILLWAY_IO`
 */
export async function checkOutput(path: string, phase: string): Promise<void> {
  const directory = new PhaseDirectory(path)
  const manifest = await directory.read()
  if (manifest === undefined) throw damagedFile(directory.manifestPath, 'it is missing')
  if (manifest.phase !== phase) throw damagedFile(directory.manifestPath, 'it belongs to another phase')
  const output = await new FiledOutput(path, manifest).open()
  try {
    await output.rest()
    for (const table of manifest.tables.keys()) for await (const _rows of output.rows(table));
  } finally {
    await output.close()
  }
}
