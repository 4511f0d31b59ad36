/**
 * What a command uses of its process, and how it prints messages.
 */
import { inspect } from 'node:util'
import type { Readable, Writable } from 'node:stream'
import { errnoOf, messageOf, SpillwayError, type ErrorCode } from '../../core/errors.ts'
import { Interruption } from './interrupts.ts'

/** The standard streams of a process, and the signal that stops its work. */
export interface CommandIo {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Aborts to stop the work. Its reason may be an {@link Interruption}. */
  readonly signal: AbortSignal
}

/** Prints a line on standard error. */
export function printLine(io: CommandIo, line: string): void {
  io.stderr.write(`${line}\n`)
}

/** How an error is printed. */
interface PrintErrorOptions {
  /** The text to print as the message. @default the message of the error */
  readonly message?: string
  /** Text after the message, in whole sentences. @default none */
  readonly more?: string
  /** Also prints the stack. @default false */
  readonly debug?: boolean | undefined
}

/** Codes of errors that code of the user caused: its stack shows where. */
const USER_CODES: readonly ErrorCode[] = ['ERR_SPILLWAY_CONTAINER', 'ERR_SPILLWAY_TOPOLOGY', 'ERR_SPILLWAY_PHASE']

/** Prints an error on standard error. */
export function printError(io: CommandIo, error: unknown, { message, more = '', debug }: PrintErrorOptions = {}): void {
  const text = message ?? messageOf(error)
  const hint = debug !== true && hasUserStack(error) ? ' Add --debug to see the stack.' : ''
  printLine(io, `spillway: ${text}${/[.?!]$/.test(text) ? '' : '.'}${hint}${more === '' ? '' : ` ${more}`}`)
  if (debug === true) printLine(io, inspect(error))
}

/** Whether code of the user threw what caused an error. The stack of a missing file shows nothing. */
function hasUserStack(error: unknown): boolean {
  if (!(error instanceof SpillwayError) || !USER_CODES.includes(error.code)) return false
  let root: unknown = error
  while (root instanceof SpillwayError) root = root.cause
  return root instanceof Error && errnoOf(root) !== 'ENOENT'
}

/** The interruption that caused an AbortError: streams wrap the reason of a signal in an error of their own. */
export function interruptionOf(error: unknown): Interruption | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Interruption) return cause
  return undefined
}
