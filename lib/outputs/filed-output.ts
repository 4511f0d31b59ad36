/**
 * An output on disk. All its files are opened together. So it can be read to its end even if another output replaces it
 * meanwhile. Each file is verified before its content is used.
 */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ioError } from '../../sinks/files/file-target.ts'
import { FileSlices } from '../../sinks/files/file-slices.ts'
import { countText, errnoOf, messageOf, quantityText, SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import { readFrames } from './frames-file.ts'
import type { NewFile, NewFiles, StoredFile } from './new-files.ts'
import { damagedFile } from './output-errors.ts'
import type { OutputManifest } from './output-manifest.ts'
import type { StoredRows } from './rows-file.ts'
import { deserialize } from './serialize.ts'
import type { FiledTable, OpenOutput, OutputFiles, StoredOutput, TableExtent } from './stored-output.ts'

/** Bytes that are read at once to verify or copy a file. */
const PIECE_BYTES = 1024 * 1024

/** An output whose files a manifest lists. */
export class FiledOutput implements StoredOutput {
  readonly id: string
  readonly bytes: number
  readonly tables: readonly TableExtent[]
  readonly #directory: string
  readonly #manifest: OutputManifest

  constructor(directory: string, manifest: OutputManifest) {
    this.#directory = directory
    this.#manifest = manifest
    this.id = manifest.id
    this.tables = manifest.tables.map(({ files, ...table }) => ({ ...table, bytes: totalBytes(files) }))
    this.bytes = (manifest.rest?.bytes ?? 0) + this.tables.reduce((total, { bytes }) => total + bytes, 0)
  }

  /** @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_OUTPUT` for a file that is missing or has a wrong size */
  async open(table?: number): Promise<OpenOutput> {
    const { rest, tables } = this.#manifest
    const wanted =
      table === undefined ? [...(rest === null ? [] : [rest]), ...tables.flatMap(filesOf)] : filesOf(tables[table])
    const opened = new OpenFiles(this.#directory)
    try {
      for (const file of wanted) await opened.add(file)
    } catch (error) {
      await opened.close()
      throw error
    }
    return new OpenFiledOutput(opened, this.#manifest)
  }
}

/** The open files of an output. */
class OpenFiles {
  readonly #directory: string
  readonly #slices = new Map<string, FileSlices>()

  constructor(directory: string) {
    this.#directory = directory
  }

  async add({ name, bytes }: StoredFile): Promise<void> {
    const slices = await FileSlices.open(this.pathOf(name)).catch((error: unknown) => {
      const isMissing = error instanceof SpillwayError && errnoOf(error.cause) === 'ENOENT'
      throw isMissing ? damagedFile(this.pathOf(name), 'it is missing', error) : error
    })
    this.#slices.set(name, slices)
    if (slices.byteLength === bytes) return
    throw damagedFile(this.pathOf(name), `it has ${quantityText(slices.byteLength, 'byte')}, not ${countText(bytes)}`)
  }

  pathOf(name: string): string {
    return join(this.#directory, name)
  }

  get(name: string): FileSlices {
    const slices = this.#slices.get(name)
    if (slices === undefined) throw new TypeError(`${name} was not opened`)
    return slices
  }

  /**
   * The bytes of a file in pieces of up to 1 MB. The last piece is yielded only if the checksum of all pieces matches.
   * A piece is valid until the next one is requested.
   */
  async *pieces({ name, bytes, crc32: expected }: StoredFile): AsyncGenerator<Uint8Array> {
    const slices = this.get(name)
    const buffer = new Uint8Array(Math.min(PIECE_BYTES, bytes))
    let sum = 0
    for (let start = 0; start < bytes; start += PIECE_BYTES) {
      const end = Math.min(start + PIECE_BYTES, bytes)
      const piece = buffer.subarray(0, end - start)
      await slices.fill(piece, start).catch((cause: unknown) => {
        throw readError(this.pathOf(name), cause)
      })
      sum = crc32(piece, sum)
      if (end === bytes && sum !== expected) {
        throw damagedFile(this.pathOf(name), 'its content does not match its checksum')
      }
      yield piece
    }
  }

  async close(): Promise<void> {
    for (const slices of this.#slices.values()) await slices.close()
    this.#slices.clear()
  }
}

class OpenFiledOutput implements OpenOutput {
  readonly #files: OpenFiles
  readonly #manifest: OutputManifest

  constructor(files: OpenFiles, manifest: OutputManifest) {
    this.#files = files
    this.#manifest = manifest
  }

  async rest(): Promise<unknown> {
    const { rest } = this.#manifest
    if (rest === null) return null
    for await (const value of this.#values(rest)) return value
    throw damagedFile(this.#files.pathOf(rest.name), 'it contains no value')
  }

  async *rows(table: number): AsyncGenerator<ResultRecord[], void> {
    for (const file of filesOf(this.#manifest.tables[table])) {
      if (file.format === 'parquet') yield* this.#parquetRows(file)
      else yield* this.#values(file) as AsyncGenerator<ResultRecord[], void>
    }
  }

  async copy(files: NewFiles): Promise<OutputFiles> {
    const { rest, tables } = this.#manifest
    const copiedRest = rest && (await this.#copyFile(rest, files.make('rest.frames')))
    const copied: FiledTable[] = []
    for (const [index, table] of tables.entries()) {
      const rows: StoredRows[] = []
      for (const { format, rows: count, ...file } of table.files) {
        const stored = await this.#copyFile(file, files.make(`table-${index}.${format}`))
        rows.push({ ...stored, format, rows: count })
      }
      copied.push({ ...table, files: rows })
    }
    return { rest: copiedRest, tables: copied }
  }

  close(): Promise<void> {
    return this.#files.close()
  }

  /** The values in a file of frames. */
  async *#values({ name }: StoredFile): AsyncGenerator<unknown, void> {
    const path = this.#files.pathOf(name)
    const payloads = readFrames(this.#files.get(name), path)
    for (;;) {
      let value: unknown
      try {
        const next = await payloads.next()
        if (next.done === true) return
        value = deserialize(next.value)
      } catch (cause) {
        throw readError(path, cause)
      }
      yield value
    }
  }

  async *#parquetRows(file: StoredRows): AsyncGenerator<ResultRecord[], void> {
    // Reading the file to its end verifies its checksum.
    for await (const _piece of this.#files.pieces(file));
    // Loaded on first use: most processes of a run read no tables.
    const { readParquet } = await import('../../sinks/readers/read-parquet.ts')
    // The names of columns are the keys: there is no nesting.
    yield* readParquet({ file: this.#files.get(file.name) }, { batches: true }) as AsyncIterable<ResultRecord[]>
  }

  async #copyFile(file: StoredFile, copy: NewFile): Promise<StoredFile> {
    const written = <Value>(work: Promise<Value>) =>
      work.catch((cause: unknown) => {
        throw ioError('write', copy.path, cause)
      })
    const target = await written(copy.openTarget(copy.path, 'create'))
    try {
      for await (const piece of this.#files.pieces(file)) await written(target.write(piece))
      await written(target.sync())
    } finally {
      await target.close()
    }
    return copy.stored
  }
}

/** Adds the place and the remedy to an error that reading a file has thrown. */
function readError(path: string, cause: unknown): unknown {
  if (cause instanceof SpillwayError) return cause
  if (errnoOf(cause) !== undefined) return ioError('read', path, cause)
  return damagedFile(path, `its content cannot be read (${messageOf(cause)})`, cause)
}

function filesOf(table: FiledTable | undefined): readonly StoredRows[] {
  return table?.files ?? []
}

function totalBytes(files: readonly StoredFile[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0)
}
