/**
 * Records of several sources into one stream: a DistributedResultCollector, compared with a bare merge, which has no
 * bounded queue per source and no fair order.
 */
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DistributedResultCollector } from '../../lib/distributed-result-collector.ts'
import type { BenchCase, Job, Work } from '../bench-case.ts'
import { cycle, makeRecords, type SearchRecord } from '../records.ts'
import { tallyOf, tallySink } from '../streams/tally-sink.ts'
import { figureOfSearch } from '../tables/figures.ts'
import { readTallies, saveTallies, sumTallies, Tally } from '../tally.ts'

const POOL = 100_000

/** A record with the number of its source. */
interface SourceRecord extends SearchRecord {
  readonly source: number
}

/** A pool for each source. */
type Pools = readonly (readonly SourceRecord[])[]

const [four, sixteen] = [ofSources(4), ofSources(16)]

export const benchCase: BenchCase<Pools> = {
  ...ofSources(1),
  name: 'collector',
  records: 1_000_000,
  expectedOutput: (pools, records) =>
    sumTallies(...pools.map((_, source) => tallyOf(recordsOf(pools, source, records), figureOfSearch))),
  readOutput: readTallies,
  contenders: {
    'bare merge, 1 source': merge,
    'collector, 1 source': collect,
    'bare merge, 4 sources': merge,
    'collector, 4 sources': collect,
    'bare merge, 16 sources': merge,
    'collector, 16 sources': collect,
  },
  variants: {
    'bare merge, 4 sources': four,
    'collector, 4 sources': four,
    'bare merge, 16 sources': sixteen,
    'collector, 16 sources': sixteen,
  },
  subjects: ['collector, 1 source', 'collector, 4 sources', 'collector, 16 sources'],
}

function ofSources(count: number): Pick<Work<Pools>, 'prepare'> {
  return {
    prepare: () =>
      Array.from({ length: count }, (_, source) =>
        makeRecords(POOL / count, source).map((record) => ({ ...record, source })),
      ),
  }
}

/** The share of one source in `records` records. */
function recordsOf(pools: Pools, source: number, records: number): Iterable<SourceRecord> {
  const share = Math.floor((records * (source + 1)) / pools.length) - Math.floor((records * source) / pools.length)
  return cycle(pools[source] ?? [], share)
}

async function merge(pools: Pools, { records, directory }: Job): Promise<void> {
  const merged = new PassThrough({ objectMode: true })
  // Each source adds its own listeners.
  merged.setMaxListeners(0)
  const tallies = pools.map(() => new Tally())
  const sources = pools.map((_, source) =>
    pipeline(Readable.from(recordsOf(pools, source, records)), merged, { end: false }),
  )
  await Promise.all([Promise.all(sources).then(() => merged.end()), pipeline(merged, endFor(tallies))])
  await saveTallies(directory, tallies)
}

async function collect(pools: Pools, { records, directory }: Job): Promise<void> {
  const collector = new DistributedResultCollector({ workflowId: 'bench', numSources: pools.length })
  const tallies = pools.map(() => new Tally())
  const sources = Array.from(collector.resultQueues, ([source, queue]) =>
    pipeline(Readable.from(recordsOf(pools, source, records)), queue),
  )
  await Promise.all([...sources, pipeline(collector, endFor(tallies))])
  await saveTallies(directory, tallies)
}

function endFor(tallies: readonly Tally[]) {
  return tallySink((record: SourceRecord) => tallies[record.source]?.add(figureOfSearch(record)))
}
