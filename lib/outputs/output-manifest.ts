/**
 * The manifest of an output on disk, `output.json`: it lists the files of the output and their content. It contains its
 * own CRC-32. An output exists on disk if and only if its manifest exists.
 */
import { crc32 } from 'node:zlib'
import { messageOf } from '../core/errors.ts'
import { isFileName } from './new-files.ts'
import { damagedFile } from './output-errors.ts'
import type { OutputFiles } from './stored-output.ts'

/** The content of a manifest. */
export interface OutputManifest extends OutputFiles {
  /** Version of the format. */
  readonly version: typeof VERSION
  /** Id of the output; see `StoredOutput.id`. */
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

/** Encodes a manifest as the text of its file. */
export function encodeManifest(manifest: OutputManifest): string {
  return `${JSON.stringify({ crc32: crc32(JSON.stringify(manifest)), output: manifest }, null, 2)}\n`
}

/**
 * Decodes the text of a manifest.
 *
 * @param path - the path of the manifest, for messages
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for a text that is damaged, or has another version
 */
export function decodeManifest(text: string, path: string): OutputManifest {
  const { output } = parse(text, path)
  // The whole text, so that no byte of the file can change unseen.
  if (output === undefined || text !== encodeManifest(output as OutputManifest))
    throw damagedFile(path, 'its content does not match its checksum')
  const { version } = (output ?? {}) as { readonly version?: unknown }
  if (version !== VERSION) throw damagedFile(path, `its format has version ${String(version)}, not ${VERSION}`)
  const manifest = output as OutputManifest
  if (!hasValidFileNames(manifest)) throw damagedFile(path, 'it names a file that is not an output file')
  return manifest
}

function hasValidFileNames(manifest: OutputManifest): boolean {
  try {
    return fileNamesOf(manifest).every(isFileName)
  } catch {
    // A list of files is missing or has another type.
    return false
  }
}

function parse(text: string, path: string): { output?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { output?: unknown }
  } catch (cause) {
    throw damagedFile(path, `it is not JSON (${messageOf(cause)})`, cause)
  }
}
