/**
 * The end of pipelines that write no file, and the expected tally.
 */
import { Writable } from 'node:stream'
import { Tally } from '../tally.ts'

/** A Writable of records, or of batches of records, that only calls `add` for each record. */
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

/** The expected tally of records. */
export function tallyOf<Row>(records: Iterable<Row>, figureOf: (record: Row) => number): Tally {
  const tally = new Tally()
  for (const record of records) tally.add(figureOf(record))
  return tally
}
