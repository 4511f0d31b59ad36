/**
 * A record (or a piece of input that never became one) that could not be written, and why. Nothing is dropped
 * silently: each of these is counted, published on a diagnostics channel and kept in a dead-letter file.
 */
export interface Rejection {
  /** Where in the stream it was turned away. */
  readonly stage: 'parse' | 'route' | 'encode'
  /** Why, in words. */
  readonly reason: string
  /** Dotted path of the field that is to blame. */
  readonly field?: string
  /** Phase the record belongs to. */
  readonly phase?: string
  /** Line of the input, counted from 1. */
  readonly line?: number
  /** The record as it came; for input that could not be parsed, its text (cut at a stated length). */
  readonly record: unknown
}

/** Receives rejections; a promise it returns is awaited before the stream goes on. */
export type RejectionHandler = (rejection: Rejection) => void | Promise<void>
