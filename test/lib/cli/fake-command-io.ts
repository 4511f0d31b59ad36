/**
 * A `CommandIo` in memory, and a function that runs `spillway` with it.
 */
import { PassThrough, Readable, Writable } from 'node:stream'
import type { CommandIo } from '../../../lib/cli/terminal/command-io.ts'
import { runProgram } from '../../../lib/cli/program.ts'

/** The exit code and the output of a run. */
export interface Run {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Settings of the io. By default the input is empty, no stream is a terminal, and the signal never aborts. */
export interface Setting {
  readonly stdin?: string | Buffer | Readable
  readonly stdout?: Writable
  readonly signal?: AbortSignal
  /** Width of the terminals. @default 100 */
  readonly columns?: number
  readonly terminals?: readonly ('stdin' | 'stdout' | 'stderr')[]
}

/** Runs `spillway` with `args`. */
export async function spillway(args: readonly string[], setting: Setting = {}): Promise<Run> {
  const stdout = new Collector()
  const stderr = new Collector()
  const { stdin = '', signal = new AbortController().signal, terminals = [], columns = 100 } = setting
  const io: CommandIo = {
    stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
    stdout: setting.stdout ?? stdout,
    stderr,
    signal,
  }
  for (const name of terminals) Object.assign(io[name], { isTTY: true, rows: 24, columns })
  const code = await runProgram(args, io)
  return { code, stdout: stdout.bytes, stderr: stderr.bytes.toString() }
}

/** A pipe that stays open, with these lines written to it. */
export function openPipe(...lines: readonly string[]): PassThrough {
  const pipe = new PassThrough()
  for (const line of lines) pipe.write(`${line}\n`)
  return pipe
}

/** A Writable that keeps all bytes. */
class Collector extends Writable {
  readonly #chunks: Buffer[] = []

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#chunks.push(chunk)
    callback()
  }
}

/** The records as JSON lines. */
export function jsonl(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('')
}

/** Parses JSON lines. */
export function parseLines(text: string | Buffer): unknown[] {
  return text
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
