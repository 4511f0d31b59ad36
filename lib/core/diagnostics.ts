/**
 * The channels of `node:diagnostics_channel` the toolkit publishes on; it never logs. Subscribe by name, e.g.
 * `diagnostics_channel.subscribe('spillway:record:rejected', listener)`. Nothing is built or sent while nobody
 * listens.
 */
import { channel } from 'node:diagnostics_channel'

/** A part file was opened: an `OpenedPart`. */
export const partOpened = channel('spillway:part:opened')
/** A part file is complete: a `ClosedPart`. */
export const partClosed = channel('spillway:part:closed')
/** A record went to the dead-letter file: a `Rejection`. */
export const recordRejected = channel('spillway:record:rejected')
/** One object was handed over twice in one batch, so an earlier state of it is lost: `{ repeated }`. */
export const sameObject = channel('spillway:record:same-object')
/** A run began: `{ workflowId, directory }`. */
export const workflowStarted = channel('spillway:workflow:started')
/** A run ended, in whatever way: `{ workflowId, status, error }`. */
export const workflowEnded = channel('spillway:workflow:ended')
/** A phase began: `{ workflowId, phase }`. */
export const phaseStarted = channel('spillway:phase:started')
/** A phase ended, in whatever way, or was skipped: `{ workflowId, phase, status, error, containers, records }`. */
export const phaseEnded = channel('spillway:phase:ended')
/** A container began: `{ workflowId, phase, container, index }`. */
export const containerStarted = channel('spillway:container:started')
/** A container ended, in whatever way: `{ workflowId, phase, container, index, records, error }`. */
export const containerEnded = channel('spillway:container:ended')
