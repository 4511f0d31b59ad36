/**
 * What a command uses of its process, and how it prints messages.
 */
import { inspect } from 'node:util'
import type { Readable, Writable } from 'node:stream'
import { errnoOf, messageOf, SpillwayError, type ErrorCode } from '../../core/errors.ts'
import { escapeLines, jsonText } from './escape-text.ts'
import { Interruption } from './interrupts.ts'

/** A stream of text, and what is known of the terminal behind it. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** The standard streams of a process, and the signal that stops its work. */
export interface CommandIo {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Aborts to stop the work. Its reason may be an {@link Interruption}. */
  readonly signal: AbortSignal
}

/** Width of a terminal that does not say how wide it is. */
const DEFAULT_WIDTH = 80

/**
 * The width that text on a stream should have: `COLUMNS` of the environment, or that of the terminal. Infinity if the
 * stream is no terminal, since a program reads it then.
 */
export function widthOf({ isTTY, columns }: OutputStream): number {
  if (isTTY !== true) return Infinity
  const wished = Number(process.env['COLUMNS'])
  if (Number.isSafeInteger(wished) && wished > 0) return wished
  return columns === undefined || columns === 0 ? DEFAULT_WIDTH : columns
}

/** Prints a line on standard error, without characters that change the terminal. */
export function printLine(io: CommandIo, line: string): void {
  io.stderr.write(`${escapeLines(line)}\n`)
}

/**
 * Prints text on standard output, without characters that change the terminal. Returns when it is written. A reader
 * that closed the pipe has read enough: that is no error.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO` if it cannot be written
 */
export async function printText(io: CommandIo, text: string): Promise<void> {
  const error = await new Promise((resolve) => {
    io.stdout.write(`${escapeLines(text)}\n`, resolve)
  })
  if (error instanceof Error && errnoOf(error) !== 'EPIPE') {
    throw new SpillwayError('ERR_SPILLWAY_IO', `Cannot write to standard output: ${error.message}`, { cause: error })
  }
}

/** Prints a value as JSON on standard output; as {@link printText} otherwise. */
export async function printJson(io: CommandIo, value: unknown): Promise<void> {
  await printText(io, jsonText(value))
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
