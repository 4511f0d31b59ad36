/**
 * What a command may use of the process it runs in, and how it speaks to the user.
 */
import { inspect } from 'node:util'
import type { Readable, Writable } from 'node:stream'
import { messageOf } from '../../core/errors.ts'
import { Interruption } from './interrupts.ts'

/** The streams of a process, and its wish to end. */
export interface CommandIo {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Asks the work to end; its reason may be an {@link Interruption}. */
  readonly signal: AbortSignal
}

/** Says a line on standard error. */
export function say(io: CommandIo, line: string): void {
  io.stderr.write(`${line}\n`)
}

/** How an error is said. */
interface SayErrorOptions {
  /** The message of the error. @default that of the error itself */
  readonly message?: string
  /** What else there is to say, in whole sentences. */
  readonly more?: string
  /** Show the stack too. */
  readonly debug?: boolean | undefined
}

/** Says what went wrong, without its stack unless asked. */
export function sayError(io: CommandIo, error: unknown, { message, more = '', debug }: SayErrorOptions = {}): void {
  const text = message ?? messageOf(error)
  say(io, `spillway: ${text}${/[.?!]$/.test(text) ? '' : '.'}${more === '' ? '' : ` ${more}`}`)
  if (debug === true) say(io, inspect(error))
}

/** The interruption behind an AbortError: streams wrap the reason of a signal in an error of their own. */
export function interruptionOf(error: unknown): Interruption | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Interruption) return cause
  return undefined
}
