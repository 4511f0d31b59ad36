/**
 * Files with faults: an `openTarget` in front of another one, real files by default, that does what failing hardware,
 * full disks and strict operating systems do. Several sets of faults are put one in front of the other.
 */
import {
  callback,
  expectValue,
  integerFrom,
  numberFrom,
  plainObject,
  resolveOptions,
  text,
  type Check,
  type Checks,
} from '../core/options.ts'
import { MAX_TIMER_MS } from '../core/timers.ts'
import { openFileTarget, type ByteTarget, type OpenTarget } from '../../sinks/files/file-target.ts'

/** What is done with a file: opening it, and the methods of a {@link ByteTarget}. */
export type FileOperation = 'open' | 'write' | 'sync' | 'truncate' | 'close'

/** One call of an operation. */
export interface FileCall {
  /** Operation that is called. */
  readonly operation: FileOperation
  /** The file, by the name it was opened by. */
  readonly path: string
  /** Which call of this operation it is, counted from 1 over all files that have the faults. */
  readonly call: number
  /** Bytes to be written; 0 for every other operation. */
  readonly bytes: number
}

/** A failure of an operation. */
export interface CallFault {
  /** What the operating system says: `EIO`, `EACCES`, `EMFILE` ... */
  readonly code: string
  /** The only call that fails, counted from 1 over all files that have the faults. @default every call fails */
  readonly call?: number
}

/** A failure of a write. Nothing of it gets into the file, unless `atByte` says otherwise. */
export interface WriteFault extends CallFault {
  /** Tears a write that would reach beyond this byte of its file: what lies before it gets into the file, then it fails. */
  readonly atByte?: number
}

/** The space that files share. It may be changed at any time: more of it is space that was freed. */
export interface Disk {
  /** Bytes that can still be written. A write takes its bytes away, a truncation gives back what it cuts off. */
  freeBytes: number
}

/** What goes wrong; several faults may be set at once. */
export interface Faults {
  /** Whether a file has the faults. @default every file has them */
  readonly path?: (path: string) => boolean
  /** Opening fails, and no file comes into being. @default never */
  readonly open?: CallFault
  /** Writing fails. @default never */
  readonly write?: WriteFault
  /** Syncing fails, and is not done. @default never */
  readonly sync?: CallFault
  /** Truncating fails, and is not done. @default never */
  readonly truncate?: CallFault
  /** Closing fails, though the file has been released. @default never */
  readonly close?: CallFault
  /**
   * What the files are on. The write it has no room for fails with `ENOSPC`, and the part of it that there is room for is
   * in the file. Several targets may share a disk.
   *
   * @default one that never gets full
   */
  readonly disk?: Disk
  /**
   * Bytes that reach the file at a time. A target has written all or has failed, so that this is what short writes of an
   * operating system come to: a write arrives in several, and a target behind this one may fail or die between them.
   *
   * @default all
   */
  readonly shortWriteBytes?: number
  /** Milliseconds that every operation takes longer. @default 0 */
  readonly slowMs?: number
  /** Is told of every operation, which waits for it; what it throws is what the operation fails with. */
  readonly before?: (call: FileCall) => void | Promise<void>
}

const OPERATIONS = ['open', 'write', 'sync', 'truncate', 'close'] as const satisfies FileOperation[]

const diskCheck: Check = {
  expected: 'an object { freeBytes }',
  accepts: (value) => plainObject.accepts(value) && numberFrom(0).accepts((value as Disk).freeBytes),
}

const checks: Checks<Faults> = {
  path: callback,
  open: plainObject,
  write: plainObject,
  sync: plainObject,
  truncate: plainObject,
  close: plainObject,
  disk: diskCheck,
  shortWriteBytes: integerFrom(1),
  slowMs: {
    expected: `a number from 0 to ${MAX_TIMER_MS}`,
    accepts: (value) => numberFrom(0).accepts(value) && (value as number) <= MAX_TIMER_MS,
  },
  before: callback,
}

const callChecks: Checks<CallFault> = { code: text, call: integerFrom(1) }
const writeChecks: Checks<WriteFault> = { ...callChecks, atByte: integerFrom(0) }

/** An error as the operating system raises it. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated`), { code })
}

/**
 * Opens files that have faults.
 *
 * @param open - opens the files behind the faults: real ones unless told otherwise
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function faultyTarget(faults: Faults, open: OpenTarget = openFileTarget): OpenTarget {
  const mishaps = new Mishaps(faults)
  return async (path, mode) => {
    if (!mishaps.concern(path)) return open(path, mode)
    await mishaps.meet('open', path)
    return new FaultyFile(path, await open(path, mode), mishaps)
  }
}

/** The faults of all files of one target, and the calls so far. */
class Mishaps {
  readonly faults: Faults
  readonly #calls: Record<FileOperation, number> = { open: 0, write: 0, sync: 0, truncate: 0, close: 0 }

  constructor(given: Faults) {
    this.faults = resolveOptions('faultyTarget', given, checks, {})
    for (const operation of OPERATIONS) {
      const fault = this.faults[operation]
      if (fault === undefined) continue
      resolveOptions(`the fault of ${operation}`, fault, operation === 'write' ? writeChecks : callChecks, {})
      expectValue('code', fault.code, text)
    }
  }

  concern(path: string): boolean {
    return this.faults.path?.(path) ?? true
  }

  /** What comes before an operation other than a write. */
  async meet(operation: Exclude<FileOperation, 'write'>, path: string): Promise<void> {
    const fault = this.#strike(this.faults[operation], await this.#begin(operation, path, 0))
    if (fault !== undefined) throw systemError(fault.code)
  }

  /** What comes before a write, and the fault it has. */
  async meetWrite(path: string, bytes: number): Promise<WriteFault | undefined> {
    return this.#strike(this.faults.write, await this.#begin('write', path, bytes))
  }

  async #begin(operation: FileOperation, path: string, bytes: number): Promise<number> {
    const call = ++this.#calls[operation]
    const { before, slowMs = 0 } = this.faults
    await before?.({ operation, path, call, bytes })
    if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs))
    return call
  }

  #strike<Fault extends CallFault>(fault: Fault | undefined, call: number): Fault | undefined {
    return fault?.call === undefined || fault.call === call ? fault : undefined
  }
}

class FaultyFile implements ByteTarget {
  readonly initialBytes: number
  readonly #path: string
  readonly #file: ByteTarget
  readonly #mishaps: Mishaps
  #size: number

  constructor(path: string, file: ByteTarget, mishaps: Mishaps) {
    this.#path = path
    this.#file = file
    this.#mishaps = mishaps
    this.initialBytes = file.initialBytes
    this.#size = file.initialBytes
  }

  async write(bytes: Uint8Array): Promise<void> {
    const fault = await this.#mishaps.meetWrite(this.#path, bytes.length)
    const { disk } = this.#mishaps.faults
    // Below zero, so that even a write of no bytes fails.
    const sound = fault === undefined ? Infinity : fault.atByte === undefined ? -1 : fault.atByte - this.#size
    const free = disk?.freeBytes ?? Infinity
    const taken = Math.max(0, Math.min(bytes.length, sound, free))
    // At once, so that two files never take the same space.
    if (disk !== undefined) disk.freeBytes -= taken
    await this.#append(bytes.subarray(0, taken))
    if (bytes.length > Math.min(sound, free)) {
      throw systemError(fault !== undefined && sound <= free ? fault.code : 'ENOSPC')
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const { shortWriteBytes = Infinity } = this.#mishaps.faults
    for (let from = 0; from < bytes.length; from += shortWriteBytes) {
      const piece = bytes.subarray(from, from + shortWriteBytes)
      await this.#file.write(piece)
      this.#size += piece.length
    }
  }

  async sync(): Promise<void> {
    await this.#mishaps.meet('sync', this.#path)
    await this.#file.sync()
  }

  async truncate(bytes: number): Promise<void> {
    await this.#mishaps.meet('truncate', this.#path)
    await this.#file.truncate(bytes)
    const { disk } = this.#mishaps.faults
    if (disk !== undefined) disk.freeBytes += Math.max(0, this.#size - bytes)
    this.#size = bytes
  }

  async close(): Promise<void> {
    try {
      await this.#mishaps.meet('close', this.#path)
    } finally {
      await this.#file.close()
    }
  }
}
