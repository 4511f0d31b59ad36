/**
 * Streams that fail or stall at a known record, for the start or the end of a pipeline under test.
 */
import { Readable, Writable } from 'node:stream'
import { expectValue, integerFrom } from '../core/options.ts'

/**
 * A source that fails. Its reader receives all records from before the failure, in order. Memory: one record.
 *
 * @param count - records before the failure
 * @param error - the error it fails with
 * @param recordAt - makes a record, or a batch of them, from its number, counted from 0. Default: `{ n }`
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` if `count` is not an integer from 0 up
 */
export function failingAfter(count: number, error: Error, recordAt = numbered): Readable {
  return source(count, recordAt, (stream) => {
    stream.destroy(error)
  })
}

/**
 * A source that stalls: after `count` records it produces nothing and does not end. It closes when destroyed. Memory:
 * one record.
 *
 * @param count - records before it stalls
 * @param recordAt - makes a record, or a batch of them, from its number, counted from 0. Default: `{ n }`
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` if `count` is not an integer from 0 up
 */
export function stallingAfter(count: number, recordAt = numbered): Readable {
  return source(count, recordAt, () => {})
}

/**
 * A Writable of objects that fails. Memory: one chunk.
 *
 * @param count - chunks it accepts; the next one fails
 * @param error - the error it fails with
 * @param take - called with each accepted chunk, in order; without it the chunks are dropped
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` if `count` is not an integer from 0 up
 */
export function failingWritable(count: number, error: Error, take?: (chunk: unknown) => void): Writable {
  return destination(count, take, (callback) => {
    callback(error)
  })
}

/**
 * A Writable of objects that stalls: after `count` chunks it completes no write. It closes when destroyed. Memory: one
 * chunk.
 *
 * @param count - chunks it accepts; the write of the next one never completes
 * @param take - called with each accepted chunk, in order; without it the chunks are dropped
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` if `count` is not an integer from 0 up
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
    // No record is read ahead, because the failure would drop it.
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
  atEnd: (callback: (error?: Error) => void) => void,
): Writable {
  expectValue('count', count, integerFrom(0))
  let taken = 0
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(chunk: unknown, _encoding, callback) {
      if (taken === count) {
        atEnd(callback)
        return
      }
      taken += 1
      take?.(chunk)
      callback()
    },
  })
}
