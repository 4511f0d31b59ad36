/**
 * An output in memory, as serialized bytes. So later changes to the original cannot affect it, and its size is known.
 * It moves to the disk without being serialized again.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import type { ResultRecord } from '../core/record.ts'
import { FramesWriter } from './frames-file.ts'
import type { NewFile, NewFiles, StoredFile } from './new-files.ts'
import { deserialize } from './serialize.ts'
import type { FiledTable, OpenOutput, OutputFiles, StoredOutput, TableExtent } from './stored-output.ts'

/** A table in memory. */
export interface HeldTable {
  readonly field: string | null
  readonly rowCount: number
  readonly schema: Schema | null
  /** Serialized batches of rows, in their order. */
  readonly batches: readonly Uint8Array[]
}

/** The serialized parts of an output. */
export interface HeldOutput {
  /** The serialized value, with its tables replaced by null; null when the output is exactly one table. */
  readonly rest: Uint8Array | null
  readonly tables: readonly HeldTable[]
}

/** A stored output in memory. */
export class MemoryOutput implements StoredOutput, OpenOutput {
  readonly id: string
  readonly bytes: number
  readonly tables: readonly TableExtent[]
  readonly held: HeldOutput

  constructor(id: string, held: HeldOutput) {
    this.id = id
    this.held = held
    this.tables = held.tables.map(({ batches, ...table }) => ({ ...table, bytes: totalBytes(batches) }))
    this.bytes = (held.rest?.length ?? 0) + this.tables.reduce((total, { bytes }) => total + bytes, 0)
  }

  open(): Promise<OpenOutput> {
    return Promise.resolve(this)
  }

  async rest(): Promise<unknown> {
    const { rest } = this.held
    return rest && deserialize(copyOf(rest))
  }

  async *rows(table: number): AsyncGenerator<ResultRecord[], void> {
    for (const batch of this.held.tables[table]?.batches ?? []) yield deserialize(copyOf(batch)) as ResultRecord[]
  }

  async copy(files: NewFiles): Promise<OutputFiles> {
    const { rest, tables } = this.held
    const restFile = rest && (await writeFrames(files.make('rest.frames'), [rest]))
    const filed: FiledTable[] = []
    for (const [index, { batches, ...table }] of tables.entries()) {
      if (batches.length === 0) filed.push({ ...table, files: [] })
      else {
        const file = await writeFrames(files.make(`table-${index}.frames`), batches)
        filed.push({ ...table, files: [{ ...file, format: 'frames', rows: table.rowCount }] })
      }
    }
    return { rest: restFile, tables: filed }
  }

  async close(): Promise<void> {}
}

/**
 * Writes payloads to a file of frames, and makes the file durable.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function writeFrames(target: NewFile, payloads: Iterable<Uint8Array>): Promise<StoredFile> {
  const writer = new FramesWriter(target)
  try {
    for (const payload of payloads) await writer.write(payload)
    await writer.finish()
    return target.stored
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

/** A copy in memory of its own size: deserialized typed arrays share memory with the bytes they are read from. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function totalBytes(batches: readonly Uint8Array[]): number {
  return batches.reduce((total, { length }) => total + length, 0)
}
