/**
 * The manifest of an output on disk, `output.json`: which files it is in, and what is in them. It carries a CRC-32 of itself.
 * An output is there when its manifest is.
 */
import { crc32 } from 'node:zlib'
import { messageOf } from '../core/errors.ts'
import { isFileName } from './new-files.ts'
import { damagedFile } from './output-errors.ts'
import type { OutputFiles } from './stored-output.ts'

/** What a manifest says. */
export interface OutputManifest extends OutputFiles {
  readonly version: typeof VERSION
  readonly id: string
  readonly workflowId: string
  readonly phase: string
}

const VERSION = 1

/** Makes the manifest of an output. */
export function makeManifest(
  owner: Omit<OutputManifest, 'version' | keyof OutputFiles>,
  files: OutputFiles,
): OutputManifest {
  const { id, workflowId, phase } = owner
  return { version: VERSION, id, workflowId, phase, rest: files.rest, tables: files.tables }
}

/** The names of all files of an output. */
export function fileNamesOf({ rest, tables }: OutputFiles): string[] {
  return [...(rest === null ? [] : [rest]), ...tables.flatMap(({ files }) => files)].map(({ name }) => name)
}

/** The text of a manifest. */
export function encodeManifest(manifest: OutputManifest): string {
  return `${JSON.stringify({ crc32: crc32(JSON.stringify(manifest)), output: manifest }, null, 2)}\n`
}

/**
 * Reads the text of a manifest.
 *
 * @param path - where the text is from, for messages
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for a text that is not as it was written
 */
export function decodeManifest(text: string, path: string): OutputManifest {
  const { crc32: sum, output } = parse(text, path)
  if (output === undefined || sum !== crc32(JSON.stringify(output)))
    throw damagedFile(path, 'it is not as it was written')
  const { version } = (output ?? {}) as { readonly version?: unknown }
  if (version !== VERSION) throw damagedFile(path, `its format has version ${String(version)}, not ${VERSION}`)
  const manifest = output as OutputManifest
  if (!namesOnlyItsOwn(manifest)) throw damagedFile(path, 'it names a file that cannot belong to it')
  return manifest
}

function namesOnlyItsOwn(manifest: OutputManifest): boolean {
  try {
    return fileNamesOf(manifest).every(isFileName)
  } catch {
    // There are no files where they should be.
    return false
  }
}

function parse(text: string, path: string): { crc32?: unknown; output?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { crc32?: unknown; output?: unknown }
  } catch (cause) {
    throw damagedFile(path, `it is not JSON (${messageOf(cause)})`, cause)
  }
}
