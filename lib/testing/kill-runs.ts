/**
 * Runs a script in processes that are killed at their file operations, so that a test can check the files they leave.
 * Bytes that the operating system has accepted survive a killed process, so this does not simulate a power loss.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Readable } from 'node:stream'
import {
  abortSignal,
  callback,
  expectValue,
  integerFrom,
  listOfTexts,
  resolveOptions,
  type Checks,
} from '../core/options.ts'
import { KILL_AT, REPORT_FD, type Kill, type KillMoment } from './killing-target.ts'

/** Options of the process that a script runs in. */
export interface ScriptOptions {
  /** Arguments of the script. @default [] */
  readonly args?: readonly string[]
  /** Options of Node.js, such as loaders. @default process.execArgv */
  readonly execArgv?: readonly string[]
  /** Environment variables. @default process.env */
  readonly env?: NodeJS.ProcessEnv
  /** When it aborts, the process is killed and the promise rejects with its reason. @default none */
  readonly signal?: AbortSignal
}

/** Options of {@link killAtEveryWrite}. */
export interface KillAtEveryWriteOptions extends ScriptOptions {
  /** Called after each kill and awaited: checks the files, and prepares them for the next run. */
  readonly afterKill: (kill: Kill) => unknown
  /** The most processes to start. @default 1000 */
  readonly maxRuns?: number
}

/** Options of {@link killAtRandom}. */
export interface KillAtRandomOptions extends ScriptOptions {
  /** Determines the operation and the moment of the kill. */
  readonly seed: number
  /** Highest number of the operation to kill at, counted from 1 over all files of the process. */
  readonly maxOperations: number
}

const MOMENTS = ['before', 'middle', 'after'] as const satisfies KillMoment[]

const scriptChecks: Checks<ScriptOptions> = {
  args: listOfTexts,
  execArgv: listOfTexts,
  env: { expected: 'an object', accepts: (value) => typeof value === 'object' && value !== null },
  signal: abortSignal,
}
const everyWriteChecks: Checks<KillAtEveryWriteOptions> = {
  ...scriptChecks,
  afterKill: callback,
  maxRuns: integerFrom(1),
}
const randomChecks: Checks<KillAtRandomOptions> = {
  ...scriptChecks,
  seed: { expected: 'a number', accepts: (value) => typeof value === 'number' },
  maxOperations: integerFrom(1),
}

/**
 * Runs a script repeatedly in new processes, to kill it at each of its file operations: before the operation, in the
 * middle of it if it is a write, and after it. The last run has no operation left to kill it at, and ends with exit
 * code 0.
 *
 * Only operations on files opened by {@link killingTarget} count. Renames, and files opened in other ways, do not.
 *
 * @param script - path or file URL of the module
 * @returns all kills, in order
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a missing or invalid option
 * @throws {Error} if the script ended in another way (the message contains its output), if it did not use
 *   `killingTarget()`, or after `maxRuns` processes
 */
export async function killAtEveryWrite(script: string | URL, options: KillAtEveryWriteOptions): Promise<Kill[]> {
  const resolved = resolveOptions('killAtEveryWrite', options, everyWriteChecks, { maxRuns: 1000 })
  const { afterKill, maxRuns } = resolved
  expectValue('afterKill', afterKill, callback)
  const kills: Kill[] = []
  for (let n = 1, runs = 0; ; n++) {
    for (const moment of MOMENTS) {
      if (moment === 'middle' && kills.at(-1)?.operation !== 'write') continue
      if (++runs > maxRuns) throw new Error(`${String(script)} was still killed in run ${maxRuns}: raise \`maxRuns\``)
      const kill = await runAndKill(script, n, moment, resolved)
      if (kill === undefined) {
        if (kills.length > 0) return kills
        throw new Error(`${String(script)} made no file operation: open its files by \`killingTarget()\``)
      }
      kills.push(kill)
      await afterKill(kill)
    }
  }
}

/**
 * Runs a script once, in a new process that is killed at a random file operation, as {@link killAtEveryWrite} does.
 *
 * @param script - path or file URL of the module
 * @returns where it was killed; undefined if it ended before, with exit code 0
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a missing or invalid option
 * @throws {Error} if the script ended in another way; the message contains its output
 */
export async function killAtRandom(script: string | URL, options: KillAtRandomOptions): Promise<Kill | undefined> {
  const resolved = resolveOptions('killAtRandom', options, randomChecks, {})
  const { seed, maxOperations } = resolved
  expectValue('seed', seed, randomChecks.seed)
  expectValue('maxOperations', maxOperations, randomChecks.maxOperations)
  const digest = createHash('sha256').update(String(seed)).digest()
  const n = 1 + (digest.readUIntLE(0, 6) % maxOperations)
  return runAndKill(script, n, MOMENTS[digest.readUInt8(6) % MOMENTS.length] ?? 'before', resolved)
}

/** Runs a script until it is killed. Returns undefined if it ended with exit code 0 before. */
async function runAndKill(
  script: string | URL,
  n: number,
  moment: KillMoment,
  { args = [], execArgv = process.execArgv, env = process.env, signal }: ScriptOptions,
): Promise<Kill | undefined> {
  signal?.throwIfAborted()
  const path = script instanceof URL ? fileURLToPath(script) : script
  const child = spawn(process.execPath, [...execArgv, path, ...args], {
    env: { ...env, [KILL_AT]: `${n} ${moment}` },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  try {
    const report = collect(child, REPORT_FD)
    const printed = [collect(child, 1), collect(child, 2)]
    // At `close`, the process has ended and all its pipes have been read to the end.
    const ending = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signalCode) => {
        resolve(code === null ? `was ended by ${String(signalCode)}` : `ended with exit code ${code}`)
      })
    })
    signal?.throwIfAborted()
    if (report.length > 0) return JSON.parse(report.join('')) as Kill
    if (child.exitCode === 0) return undefined
    const output = printed.flat().join('')
    throw new Error(`${path}, to be killed ${moment} operation ${n}, ${ending}${output && `:\n${output}`}`)
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}

/** Collects the output of one file descriptor of a process. */
function collect(child: ChildProcess, fd: number): string[] {
  const texts: string[] = []
  const stream = child.stdio[fd] as Readable
  stream.setEncoding('utf8').on('data', (text: string) => texts.push(text))
  return texts
}
