/**
 * Streams that fail or stall at a place that is known, to be put at either end of a pipeline under test.
 */
import { Readable, Writable } from 'node:stream'
import { expectValue, integerFrom } from '../core/options.ts'

/**
 * A source that fails. Whoever reads it gets all records from before the failure.
 *
 * @param count - records before the failure
 * @param error - what it fails with
 * @param recordAt - makes a record, or a batch of them, from its number, counted from 0: `{ n }` unless told
 *   otherwise
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function failingAfter(count: number, error: Error, recordAt = numbered): Readable {
  return source(count, recordAt, (stream) => {
    stream.destroy(error)
  })
}

/**
 * A source that never goes on and never ends. Destroying it releases it.
 *
 * @param count - records before it stalls
 * @param recordAt - makes a record, or a batch of them, from its number, counted from 0: `{ n }` unless told
 *   otherwise
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function stallingAfter(count: number, recordAt = numbered): Readable {
  return source(count, recordAt, () => {})
}

/**
 * A Writable of objects that fails.
 *
 * @param count - chunks it takes before; the next one fails
 * @param error - what it fails with
 * @param take - gets the chunks it takes, which are dropped otherwise
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function failingWritable(count: number, error: Error, take?: (chunk: unknown) => void): Writable {
  return destination(count, take, (callback) => {
    callback(error)
  })
}

/**
 * A Writable of objects that stalls: it never asks for more. Destroying it releases it.
 *
 * @param count - chunks it takes before; the next one stays under way
 * @param take - gets the chunks it takes, which are dropped otherwise
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function stallingWritable(count: number, take?: (chunk: unknown) => void): Writable {
  return destination(count, take, () => {})
}

function numbered(n: number): unknown {
  return { n }
}

function source(count: number, recordAt: (n: number) => unknown, atEnd: (stream: Readable) => void): Readable {
  expectValue('count', count, integerFrom(0))
  let next = 0
  return new Readable({
    objectMode: true,
    // No record is read ahead: those would be dropped by the failure.
    highWaterMark: 1,
    read() {
      if (next < count) this.push(recordAt(next++))
      else atEnd(this)
    },
  })
}

function destination(
  count: number,
  take: ((chunk: unknown) => void) | undefined,
  refuse: (callback: (error?: Error) => void) => void,
): Writable {
  expectValue('count', count, integerFrom(0))
  let taken = 0
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(chunk: unknown, _encoding, callback) {
      if (taken === count) {
        refuse(callback)
        return
      }
      taken += 1
      take?.(chunk)
      callback()
    },
  })
}
