/**
 * Sources that write to a collector, and readers of the collector.
 */
import type { Readable, Writable } from 'node:stream'
import { recordsOf } from '../../lib/core/batch.ts'
import {
  DistributedResultCollector,
  type DistributedResultCollectorOptions,
} from '../../lib/distributed-result-collector.ts'

/** A collector, and its sources by number. */
export function collect(
  numSources: number,
  options: Partial<DistributedResultCollectorOptions> = {},
): [DistributedResultCollector, ...Writable[]] {
  const collector = new DistributedResultCollector({ workflowId: 'search', numSources, ...options })
  return [collector, ...collector.resultQueues.values()]
}

/** Records with the number of their source, and their number within the source. */
export function* numbers(source: number, count: number): Generator<{ source: number; n: number }> {
  for (let n = 0; n < count; n++) yield { source, n }
}

/** Reads a collector until it ends or fails. */
export async function readAll(collector: Readable): Promise<{ items: unknown[]; error?: unknown }> {
  const items: unknown[] = []
  try {
    for await (const item of collector) items.push(item)
    return { items }
  } catch (error) {
    return { items, error }
  }
}

export function writeAll(source: Writable, chunks: Iterable<unknown>): void {
  for (const chunk of chunks) source.write(chunk)
}

/** The numbers from one source, in order. */
export function numbersFrom(items: readonly unknown[], source: number): unknown[] {
  return items
    .flatMap(recordsOf)
    .filter((record) => record['source'] === source)
    .map(({ n }) => n)
}
