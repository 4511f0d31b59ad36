/**
 * The channels of `node:diagnostics_channel` the toolkit publishes on; it never logs. Subscribe by name, e.g.
 * `diagnostics_channel.subscribe('spillway:record:rejected', listener)`. Nothing is built or sent while nobody
 * listens.
 */
import { channel } from 'node:diagnostics_channel'

/** A part file was opened: `{ path }`. */
export const partOpened = channel('spillway:part:opened')
/** A part file is complete: `{ path, rows, bytes }`. */
export const partClosed = channel('spillway:part:closed')
/** A record went to the dead-letter file: a `Rejection`. */
export const recordRejected = channel('spillway:record:rejected')
/** One object was handed over twice in one batch, so an earlier state of it is lost: `{ repeated }`. */
export const sameObject = channel('spillway:record:same-object')
