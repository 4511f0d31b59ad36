/**
 * The channels of `node:diagnostics_channel` that the toolkit publishes on; it never logs. Subscribe by name, e.g.
 * `diagnostics_channel.subscribe('spillway:record:rejected', listener)`. What is not known, or did not happen, is null
 * in a message.
 */
import { channel, type Channel } from 'node:diagnostics_channel'
import type { Rejection } from './rejection.ts'

/** What every message says. */
export interface DiagnosticMessage {
  /** Id of the run; null for a stream that is used without one. */
  readonly workflowId: string | null
  /**
   * Where it happened: the directory of a run for messages about it, its phases and its containers; else a file, or the
   * directory where no file is open yet. Null where nothing is written, or another stream writes it.
   */
  readonly path: string | null
}

/** The phase that files and records belong to. */
export interface PhaseOrigin {
  /** Id of the run; null for a stream that is used without one. */
  readonly workflowId: string | null
  /** Name of the phase; null for a stream that is used without one. */
  readonly phase: string | null
}

/** Message of `spillway:part:opened`. */
export interface PartOpenedMessage extends DiagnosticMessage, PhaseOrigin {
  /** The columns known so far, with their types. Null for a format without columns. */
  readonly schema: Readonly<Record<string, string | object | null>> | null
}

/** Message of `spillway:part:closed`. */
export interface PartClosedMessage extends PartOpenedMessage {
  /** Number of rows. */
  readonly rows: number
  /** Bytes of the file, as they are on disk. */
  readonly bytes: number
}

/** Message of `spillway:record:rejected`; its `path` is that of the dead-letter file. */
export interface RecordRejectedMessage extends DiagnosticMessage, PhaseOrigin, Omit<Rejection, 'phase'> {}

/** Message of `spillway:record:same-object`. */
export interface SameObjectMessage extends DiagnosticMessage, PhaseOrigin {
  /** How many records were the same object as an earlier one that still waited. */
  readonly repeated: number
}

/** Message of `spillway:workflow:started`. */
export interface WorkflowStartedMessage extends DiagnosticMessage {
  /** Id of the run. */
  readonly workflowId: string
}

/** Message of `spillway:workflow:ended`. */
export interface WorkflowEndedMessage extends WorkflowStartedMessage {
  /** How it ended. */
  readonly status: 'completed' | 'failed' | 'aborted'
  /** What failed it. */
  readonly error: Error | null
}

/** What every message about a phase of a run says. */
export interface PhaseMessage extends DiagnosticMessage {
  /** Id of the run. */
  readonly workflowId: string
  /** Name of the phase. */
  readonly phase: string
}

/** Message of `spillway:phase:started`. */
export interface PhaseStartedMessage extends PhaseMessage {
  /** Containers that earlier executions of the run have done. */
  readonly earlierContainers: number
  /** Records that earlier executions of the run have accepted. */
  readonly earlierRecords: number
}

/** Message of `spillway:phase:ended`. */
export interface PhaseEndedMessage extends PhaseMessage {
  /** How it ended. A phase is skipped when one that it depends on did not complete. */
  readonly status: 'completed' | 'failed' | 'aborted' | 'skipped'
  /** What failed or stopped it. */
  readonly error: Error | null
  /** Containers that are done. */
  readonly containers: number
  /** Records accepted, also by earlier executions of the run. */
  readonly records: number
  /** Records that this execution accepted. */
  readonly newRecords: number
}

/** Message of `spillway:container:started`. */
export interface ContainerStartedMessage extends PhaseMessage {
  /** Id of the container. */
  readonly container: string
  /** Its place among the containers of its phase that began, from 0; a resume finds it by the id. */
  readonly index: number
}

/** Message of `spillway:container:ended`. */
export interface ContainerEndedMessage extends ContainerStartedMessage {
  /** Records that it made. */
  readonly records: number
  /** What failed or stopped it. */
  readonly error: unknown
}

/** A channel with the type of its messages. */
interface TypedChannel<Message extends DiagnosticMessage> extends Channel {
  publish(message: Message): void
}

function open<Message extends DiagnosticMessage>(name: string): TypedChannel<Message> {
  return channel(`spillway:${name}`)
}

/** A part file was opened. */
export const partOpened = open<PartOpenedMessage>('part:opened')
/** A part file is complete. */
export const partClosed = open<PartClosedMessage>('part:closed')
/** A record was rejected and goes to the dead-letter file. */
export const recordRejected = open<RecordRejectedMessage>('record:rejected')
/** An object was written again while an earlier write of it waited, so an earlier state of it may be lost. */
export const sameObject = open<SameObjectMessage>('record:same-object')
/** A run started. */
export const workflowStarted = open<WorkflowStartedMessage>('workflow:started')
/** A run ended, with success or failure. */
export const workflowEnded = open<WorkflowEndedMessage>('workflow:ended')
/** A phase started. */
export const phaseStarted = open<PhaseStartedMessage>('phase:started')
/** A phase ended, with success or failure, or was skipped. */
export const phaseEnded = open<PhaseEndedMessage>('phase:ended')
/** A container started. */
export const containerStarted = open<ContainerStartedMessage>('container:started')
/** A container ended, with success or failure. */
export const containerEnded = open<ContainerEndedMessage>('container:ended')
