/**
 * Any format and compression: batches of records into a RecordSink, which infers the columns.
 */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Compression, Format } from '../../sinks/options.ts'
import type { ContenderLoader } from '../bench-case.ts'
import { batches } from '../records.ts'

const BATCH = 1000

/** The contender that writes `out.jsonl`, `out.csv.gz` and so on. Its input is a pool of records, which is repeated. */
export function bySink(format: Format, compression: Compression): ContenderLoader<readonly object[]> {
  return {
    load: async () => {
      const { RecordSink } = await import('../../sinks/record-sink.ts')
      const { extensionOf } = await import('../../sinks/options.ts')
      const name = `out.${extensionOf({ format, compression })}`
      return async (pool, { records, directory }) => {
        const sink = new RecordSink({ format, compression, path: join(directory, name) })
        await pipeline(Readable.from(batches(pool, records, BATCH)), sink)
      }
    },
  }
}
