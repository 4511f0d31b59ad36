/**
 * Random changes of the files of a run. Each must be found or lie in what was never committed, and what the messages
 * advise must lead to the undisturbed result.
 */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Numbers from 0 up to, but not including, 1. */
export type Random = () => number

/** Numbers that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A change that was made. */
export interface Mutation {
  readonly kind: string
  /** Path in the run directory. */
  readonly file: string
  readonly before: Buffer
  /** Null for a file that was removed. */
  readonly after: Buffer | null
}

type Change = (bytes: Buffer, random: Random) => Buffer | null

const KINDS: Readonly<Record<string, Change>> = {
  'change a byte': (bytes, random) => withByte(bytes, random, () => Math.floor(random() * 256)),
  'flip a bit': (bytes, random) => withByte(bytes, random, (byte) => byte ^ (1 << Math.floor(random() * 8))),
  'replace a digit': (bytes, random) => {
    const digits = [...bytes.keys()].filter((at) => isDigit(bytes[at]))
    const at = digits[Math.floor(random() * digits.length)]
    if (at === undefined) return bytes
    const changed = Buffer.from(bytes)
    changed[at] = 48 + Math.floor(random() * 10)
    return changed
  },
  'delete a line': (bytes, random) => withLines(bytes, (lines) => lines.toSpliced(place(lines, random), 1)),
  'duplicate a line': (bytes, random) =>
    withLines(bytes, (lines) => {
      const at = place(lines, random)
      return lines.toSpliced(at, 0, lines[at] ?? '')
    }),
  'swap two lines': (bytes, random) =>
    withLines(bytes, (lines) => {
      const [one, other] = [place(lines, random), place(lines, random)]
      return lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '')
    }),
  truncate: (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length)),
  'add bytes': (bytes, random) => {
    const at = random() < 0.5 ? bytes.length : Math.floor(random() * bytes.length)
    const added = Buffer.from(random() < 0.5 ? '\n' : '{"n":7}\n'.slice(Math.floor(random() * 8)))
    return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)])
  },
  'remove the file': () => null,
}

/** Changes one file of a run. The lock and the temporary files are not part of its data. */
export function mutateRun(directory: string, random: Random): Mutation {
  const kinds = Object.keys(KINDS)
  const files = filesOf(directory)
  for (;;) {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? ''
    const file = files[Math.floor(random() * files.length)] ?? ''
    const path = join(directory, file)
    const before = readFileSync(path)
    const after = KINDS[kind]?.(before, random) ?? null
    if (after?.equals(before) === true) continue
    if (after === null) rmSync(path)
    else writeFileSync(path, after)
    return { kind, file, before, after }
  }
}

/** The files with the data of a run, by their paths in its directory. */
export function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => relative(directory, join(directory, name)))
    .filter((file) => !file.startsWith('run.lock') && !file.startsWith('spool') && isFile(join(directory, file)))
    .sort()
}

function isFile(path: string): boolean {
  return statSync(path).isFile()
}

function withByte(bytes: Buffer, random: Random, change: (byte: number) => number): Buffer {
  const changed = Buffer.from(bytes)
  const at = Math.floor(random() * bytes.length)
  if (at < changed.length) changed[at] = change(changed[at] ?? 0)
  return changed
}

function withLines(bytes: Buffer, change: (lines: string[]) => string[]): Buffer {
  return Buffer.from(change(bytes.toString('latin1').split(/(?<=\n)/)).join(''), 'latin1')
}

function place(lines: readonly string[], random: Random): number {
  return Math.floor(random() * lines.length)
}

function isDigit(byte = 0): boolean {
  return byte >= 48 && byte <= 57
}
