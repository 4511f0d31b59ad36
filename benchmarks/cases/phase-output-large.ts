/**
 * More rows than an output in memory may have, stored as the output of a phase and read back one by one. A
 * DataFlowManager stores flat rows as Parquet and nested rows as frames, durable and with checksums. It is compared
 * with simple JSON lines, which have neither. Compare each manager with the JSON lines of the same rows.
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import split2 from 'split2'
import { DataFlowManager } from '../../lib/data-flow-manager.ts'
import type { BenchCase, Job } from '../bench-case.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { tallyOf, tallySink } from '../streams/tally-sink.ts'
import { figureOfSearch, figureOfSearchRow, type Row } from '../tables/figures.ts'
import { searchTable } from '../tables/search-table.ts'
import { readTallies, saveTallies, sumTallies, Tally } from '../tally.ts'
import { writeLines } from '../text/write-lines.ts'

const POOL = 100_000

/** A pool of rows, which is repeated, and the number to tally for a row that was read back. */
interface Rows {
  readonly pool: readonly object[]
  readonly figureOf: (row: object) => number
}

export const benchCase: BenchCase<Rows> = {
  name: 'phase-output-large',
  records: 300_000,
  prepare: () => ({
    pool: makeRecords(POOL).map((record) => searchTable.flatten(record)),
    figureOf: (row) => figureOfSearchRow(row as Row),
  }),
  expectedOutput: ({ pool, figureOf }, records) => sumTallies(tallyOf(cycle(pool, records), figureOf)),
  readOutput: readTallies,
  contenders: {
    'JSON lines, flat rows': byJsonLines,
    'DataFlowManager, flat rows': byManager,
    'JSON lines, nested rows': byJsonLines,
    'DataFlowManager, nested rows': byManager,
  },
  variants: {
    'JSON lines, nested rows': { prepare: nestedRows },
    'DataFlowManager, nested rows': { prepare: nestedRows },
  },
  subjects: ['DataFlowManager, flat rows', 'DataFlowManager, nested rows'],
  packages: ['split2'],
}

function nestedRows(): Rows {
  return { pool: makeRecords(POOL), figureOf: (row) => figureOfSearch(row as SearchRecord) }
}

async function byJsonLines({ pool, figureOf }: Rows, { records, directory }: Job): Promise<void> {
  const { path, bytes } = writeLines(join(directory, 'rows.jsonl'), toLines(cycle(pool, records)))
  const tally = new Tally()
  const end = tallySink((row: object) => tally.add(figureOf(row)))
  await pipeline(createReadStream(path), split2(JSON.parse), end)
  await saveTallies(directory, [tally], bytes)
}

function* toLines(rows: Iterable<object>): Generator<string, void, undefined> {
  for (const row of rows) yield JSON.stringify(row)
}

async function byManager({ pool, figureOf }: Rows, { records, directory }: Job): Promise<void> {
  const manager = new DataFlowManager({ directory })
  const reference = await manager.storePhaseOutput('bench', 'search', cycle(pool, records))
  const tally = new Tally()
  await pipeline(
    reference.rows(),
    tallySink((row: object) => tally.add(figureOf(row))),
  )
  await saveTallies(directory, [tally], reference.bytes)
}
