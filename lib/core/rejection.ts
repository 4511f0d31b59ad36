/**
 * A record, or input that could not be parsed into one, that could not be written, with the reason. Nothing is dropped
 * silently: each rejection is counted, published on a diagnostics channel and written to a dead-letter file.
 */
export interface Rejection {
  /** The stage that rejected it. */
  readonly stage: 'parse' | 'route' | 'encode'
  /** The reason, as text. */
  readonly reason: string
  /** Dotted path of the field that caused the rejection. */
  readonly field?: string
  /** The phase of the record. */
  readonly phase?: string
  /** The container of the record, as far as it can be read. */
  readonly container?: string
  /** Line of the input, counted from 1. */
  readonly line?: number
  /** The record as given; for input that could not be parsed, its text, truncated to a fixed length. */
  readonly record: unknown
}

/** Receives rejections. If it returns a promise, the stream awaits it before it continues. Other results are ignored. */
export type RejectionHandler = (rejection: Rejection) => unknown
