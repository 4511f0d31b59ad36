/**
 * The search itself: one source of records, a streamer for each format, and what they have aggregated.
 */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { backtests, type YearRecord } from './containers.ts'
import { parameterSets } from './grid.ts'
import { IndicatorCache } from './indicator-cache.ts'
import { loadBars } from './load-bars.ts'
import type { Findings } from './report.ts'
import { TrackRecords } from './track-records.ts'
import { yearlyFigures } from './yearly-figures.ts'

/** The best set of the years before this one has to prove itself from this one on. */
const SPLIT_YEAR = 2010

export interface SearchOptions {
  /** Folder for the results; each format gets a folder below it. */
  readonly out: string
  /** Parameter sets to try, from the first on. @default Infinity */
  readonly limit?: number
  /** Hears of each record as it is made. */
  readonly onRecord?: (record: YearRecord) => void
}

/**
 * Runs the search and writes every record in every format, in the place of what an earlier run wrote.
 *
 * @throws {SpillwayError} what failed one of the formats; the files of the others stay readable
 */
export async function search({ out, limit = Infinity, onRecord }: SearchOptions): Promise<Findings> {
  const startedAt = performance.now()
  const bars = await loadBars()
  const trackRecords = new TrackRecords(SPLIT_YEAR)
  const records = Readable.from(
    watched(backtests(parameterSets(limit), new IndicatorCache(bars)), (record) => {
      trackRecords.add(record)
      onRecord?.(record)
    }),
  )

  const jsonl = streamerOf('jsonl', out)
  const csv = streamerOf('csv', out)
  const parquet = streamerOf('parquet', out)
  const streamers = [jsonl, csv, parquet]

  // A Readable piped into several streams waits for the slowest of them: however fast the records are made, no more
  // than a few buffers of them are in memory.
  records.setMaxListeners(0) // each pipeline adds a few
  try {
    await Promise.all(streamers.map((streamer) => pipeline(records, streamer)))
  } finally {
    // When one has failed, the others are still saving what they took.
    await Promise.allSettled(streamers.map((streamer) => streamer.close()))
  }

  return {
    bars,
    trackRecords,
    // All three have seen the same records.
    aggregated: await jsonl.getAggregatedResults(),
    buyAndHold: [...yearlyFigures(bars, new Uint8Array(bars.dates.length).fill(1), 0)],
    files: [
      { format: 'jsonl', folder: join(out, 'jsonl'), stats: jsonl.stats },
      { format: 'csv', folder: join(out, 'csv'), stats: csv.stats },
      { format: 'parquet', folder: join(out, 'parquet'), stats: parquet.stats },
    ],
    elapsedMs: performance.now() - startedAt,
  }
}

function streamerOf(format: 'jsonl' | 'csv' | 'parquet', out: string): ResultStreamer {
  return new ResultStreamer({
    workflowId: 'sp500',
    outputDir: join(out, format),
    format,
    bufferSize: 1000,
    onExisting: 'overwrite',
    objective: { metric: 'sharpe_ratio', direction: 'max' },
  })
}

/** Hands each item to `see` as it passes by. */
function* watched<T>(items: Iterable<T>, see: (item: T) => void): Generator<T> {
  for (const item of items) {
    see(item)
    yield item
  }
}
