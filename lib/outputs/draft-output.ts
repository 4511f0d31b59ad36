/**
 * Receives an output that is being stored. Its rows are kept in memory while the whole output is small; once it exceeds
 * the limit, all of it goes to the disk.
 */
import type { ResultRecord } from '../core/record.ts'
import { FlatColumns } from './flat-columns.ts'
import { writeFrames, type HeldOutput, type HeldTable } from './memory-output.ts'
import type { NewFiles } from './new-files.ts'
import { rowBatches } from './row-batches.ts'
import { deserialize, serialize, serializeRows } from './serialize.ts'
import type { SplitOutput } from './split-output.ts'
import type { FiledTable, OutputFiles } from './stored-output.ts'
import { TableWriter } from './table-writer.ts'

/** A received output: in memory, or in files. */
export type DraftedOutput =
  { readonly kind: 'held'; readonly held: HeldOutput } | { readonly kind: 'filed'; readonly files: OutputFiles }

/** Options of {@link draftOutput}. */
export interface DraftOptions {
  /** The name of the phase, for messages. */
  readonly phase: string
  /** An output of at least this many bytes goes to the disk. */
  readonly memoryLimitBytes: number
  /** Makes the files; called at most once, when the output goes to the disk. */
  openFiles(this: void): Promise<NewFiles>
}

/**
 * Receives an output. Memory: `memoryLimitBytes` of serialized rows; for an output on disk also the memory of one
 * {@link TableWriter}. All values that are not rows are serialized in one step.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for a value that cannot be stored, `ERR_SPILLWAY_IO`
 * @throws the AbortError of a stream of rows
 */
export async function draftOutput({ rest, tables }: SplitOutput, options: DraftOptions): Promise<DraftedOutput> {
  const { phase, memoryLimitBytes, openFiles } = options
  const restBytes = rest && serialize(rest.value, phase)
  const held: HeldTable[] = []
  const startFiles = async () => DraftFiles.start(await openFiles(), restBytes, held, phase)
  let spareBytes = memoryLimitBytes - (restBytes?.length ?? 0)
  let draftFiles = spareBytes > 0 ? undefined : await startFiles()
  for (const [index, { field, source }] of tables.entries()) {
    const batches = rowBatches(source, phase)
    try {
      if (draftFiles === undefined) {
        const draft = await hold(field, batches, spareBytes, phase)
        spareBytes -= draft.batches.reduce((total, { length }) => total + length, 0)
        if (spareBytes > 0) held.push(draft)
        else {
          draftFiles = await startFiles()
          await draftFiles.add(index, field, heldThen(draft, batches))
        }
      } else await draftFiles.add(index, field, batches)
    } finally {
      // Closes the source after a failure. An error of the close must not hide that failure.
      await batches.return().catch(() => {})
    }
  }
  if (draftFiles !== undefined) return { kind: 'filed', files: draftFiles.files }
  return { kind: 'held', held: { rest: restBytes, tables: held } }
}

/** Reads rows until they take `spareBytes` or more, or the source ends. */
async function hold(
  field: string | null,
  source: AsyncIterator<ResultRecord[], void>,
  spareBytes: number,
  phase: string,
): Promise<HeldTable> {
  const columns = new FlatColumns()
  const batches: Uint8Array[] = []
  let rowCount = 0
  for (let left = spareBytes; left > 0;) {
    const next = await source.next()
    if (next.done === true) break
    const bytes = serializeRows(next.value, rowCount, { phase, field })
    columns.take(next.value)
    batches.push(bytes)
    rowCount += next.value.length
    left -= bytes.length
  }
  return { field, rowCount, schema: columns.schema, batches }
}

/** The files of an output that is too large for memory. */
class DraftFiles {
  readonly #newFiles: NewFiles
  readonly #phase: string
  readonly #rest: OutputFiles['rest']
  readonly #tables: FiledTable[] = []

  private constructor(newFiles: NewFiles, rest: OutputFiles['rest'], phase: string) {
    this.#newFiles = newFiles
    this.#rest = rest
    this.#phase = phase
  }

  /** Writes to the files what was in memory so far. */
  static async start(
    newFiles: NewFiles,
    rest: Uint8Array | null,
    held: readonly HeldTable[],
    phase: string,
  ): Promise<DraftFiles> {
    const restFile = rest && (await writeFrames(newFiles.make('rest.frames'), [rest]))
    const draftFiles = new DraftFiles(newFiles, restFile, phase)
    for (const [index, table] of held.entries()) await draftFiles.add(index, table.field, heldThen(table))
    return draftFiles
  }

  get files(): OutputFiles {
    return { rest: this.#rest, tables: this.#tables }
  }

  async add(index: number, field: string | null, batches: AsyncIterable<readonly ResultRecord[]>): Promise<void> {
    const writer = new TableWriter(this.#newFiles, `table-${index}`, { phase: this.#phase, field })
    try {
      for await (const batch of batches) await writer.write(batch)
      this.#tables.push({ field, ...(await writer.finish()) })
    } catch (error) {
      await writer.abandon()
      throw error
    }
  }
}

/** The rows of a table in memory, as they were when they were received, then the rows of `rest`. */
async function* heldThen(
  { batches }: HeldTable,
  rest: AsyncIterable<readonly ResultRecord[]> | Iterable<readonly ResultRecord[]> = [],
): AsyncGenerator<readonly ResultRecord[]> {
  for (const batch of batches) yield deserialize(batch) as ResultRecord[]
  yield* rest
}
