/**
 * The channels of `node:diagnostics_channel` that the toolkit publishes on; it never logs. Subscribe by name, e.g.
 * `diagnostics_channel.subscribe('spillway:record:rejected', listener)`. Without a subscriber no message is built.
 */
import { channel } from 'node:diagnostics_channel'

/** A part file was opened: an `OpenedPart`. */
export const partOpened = channel('spillway:part:opened')
/** A part file is complete: a `ClosedPart`. */
export const partClosed = channel('spillway:part:closed')
/** A record was rejected and goes to the dead-letter file: a `Rejection`. */
export const recordRejected = channel('spillway:record:rejected')
/** One batch holds the same object twice, so an earlier state of the object is lost: `{ repeated }`. */
export const sameObject = channel('spillway:record:same-object')
/** A run started: `{ workflowId, directory }`. */
export const workflowStarted = channel('spillway:workflow:started')
/** A run ended, with success or failure: `{ workflowId, status, error }`. */
export const workflowEnded = channel('spillway:workflow:ended')
/** A phase started: `{ workflowId, phase }`. */
export const phaseStarted = channel('spillway:phase:started')
/**
 * A phase ended, with success or failure, or was skipped: `{ workflowId, phase, status, error, containers, records }`.
 */
export const phaseEnded = channel('spillway:phase:ended')
/** A container started: `{ workflowId, phase, container, index }`. */
export const containerStarted = channel('spillway:container:started')
/** A container ended, with success or failure: `{ workflowId, phase, container, index, records, error }`. */
export const containerEnded = channel('spillway:container:ended')
