/**
 * The end of pipelines that write nowhere, and what it should have seen.
 */
import { Writable } from 'node:stream'
import { Tally } from '../tally.ts'

/** A Writable of records, or batches of them, that does nothing but `add` each record to a tally. */
export function tallySink(add: (record: never) => void): Writable {
  return new Writable({
    objectMode: true,
    write(chunk: unknown, _encoding, callback) {
      if (Array.isArray(chunk)) for (const record of chunk as never[]) add(record)
      else add(chunk as never)
      callback()
    },
  })
}

/** The tally of records that came out as they should. */
export function tallyOf<Row>(records: Iterable<Row>, figureOf: (record: Row) => number): Tally {
  const tally = new Tally()
  for (const record of records) tally.add(figureOf(record))
  return tally
}
