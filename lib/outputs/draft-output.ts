/**
 * An output on its way in: its rows are held as long as all of it is small, and go to the disk from where it is not.
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

/** What becomes of an output: it is held, or in files. */
type DraftedOutput =
  { readonly kind: 'held'; readonly held: HeldOutput } | { readonly kind: 'filed'; readonly files: OutputFiles }

/** What an output is drafted with. */
interface DraftOptions {
  readonly phase: string
  /** An output with this many bytes goes to the disk. */
  readonly memoryLimitBytes: number
  /** Where to; asked once it is known that it does. */
  openFiles(this: void): Promise<NewFiles>
}

/**
 * Takes an output in. Memory: `memoryLimitBytes` of serialized rows, and beyond that what a {@link TableWriter} takes; a
 * value that is no rows is serialized at once.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, `ERR_SPILLWAY_IO`; an AbortError of a stream of rows
 */
export async function draftOutput({ rest, tables }: SplitOutput, options: DraftOptions): Promise<DraftedOutput> {
  const { phase, memoryLimitBytes, openFiles } = options
  const restBytes = rest && serialize(rest.value, phase)
  const held: HeldTable[] = []
  const beginFiling = async () => Filing.begin(await openFiles(), restBytes, held, phase)
  let spareBytes = memoryLimitBytes - (restBytes?.length ?? 0)
  let filing = spareBytes > 0 ? undefined : await beginFiling()
  for (const [index, { field, source }] of tables.entries()) {
    const batches = rowBatches(source, phase)
    try {
      if (filing === undefined) {
        const draft = await hold(field, batches, spareBytes, phase)
        spareBytes -= draft.batches.reduce((total, { length }) => total + length, 0)
        if (spareBytes > 0) held.push(draft)
        else {
          filing = await beginFiling()
          await filing.add(index, field, heldThen(draft, batches))
        }
      } else await filing.add(index, field, batches)
    } finally {
      // After a failure the source is let go; what it throws then must not hide that failure.
      await batches.return().catch(() => {})
    }
  }
  if (filing !== undefined) return { kind: 'filed', files: filing.files }
  return { kind: 'held', held: { rest: restBytes, tables: held } }
}

/** Pulls rows until they take more than `spareBytes`, or end. */
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

/** The files of an output that is too large to hold. */
class Filing {
  readonly #newFiles: NewFiles
  readonly #phase: string
  readonly #rest: OutputFiles['rest']
  readonly #tables: FiledTable[] = []

  private constructor(newFiles: NewFiles, rest: OutputFiles['rest'], phase: string) {
    this.#newFiles = newFiles
    this.#rest = rest
    this.#phase = phase
  }

  /** Begins with what was held so far. */
  static async begin(
    newFiles: NewFiles,
    rest: Uint8Array | null,
    held: readonly HeldTable[],
    phase: string,
  ): Promise<Filing> {
    const filing = new Filing(newFiles, rest && (await writeFrames(newFiles.make('rest.frames'), [rest])), phase)
    for (const [index, table] of held.entries()) await filing.add(index, table.field, heldThen(table))
    return filing
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

/** The rows of a table as they were when they came, and then those of `rest`. */
async function* heldThen(
  { batches }: HeldTable,
  rest: AsyncIterable<readonly ResultRecord[]> | Iterable<readonly ResultRecord[]> = [],
): AsyncGenerator<readonly ResultRecord[]> {
  for (const batch of batches) yield deserialize(batch) as ResultRecord[]
  yield* rest
}
