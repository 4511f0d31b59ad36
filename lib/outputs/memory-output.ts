/**
 * An output in memory, as the bytes it was serialized to: nobody can change it, its size is known, and it moves to the
 * disk by being written there.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import type { ResultRecord } from '../core/record.ts'
import { FramesWriter } from './frames-file.ts'
import type { NewFile, NewFiles, StoredFile } from './new-files.ts'
import { deserialize } from './serialize.ts'
import type { FiledTable, OpenOutput, OutputFiles, StoredOutput, TableExtent } from './stored-output.ts'

/** Rows in memory. */
export interface HeldTable {
  readonly field: string | null
  readonly rowCount: number
  readonly schema: Schema | null
  /** Batches of rows, serialized. */
  readonly batches: readonly Uint8Array[]
}

/** What is held in memory. */
export interface HeldOutput {
  /** The value with null in place of its tables, serialized; null when it is one table and nothing else. */
  readonly rest: Uint8Array | null
  readonly tables: readonly HeldTable[]
}

/** An output in memory. */
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
 * Writes payloads as a file of frames.
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

/** A copy, exactly as large: typed arrays that are deserialized share memory with the bytes they come from. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function totalBytes(batches: readonly Uint8Array[]): number {
  return batches.reduce((total, { length }) => total + length, 0)
}
