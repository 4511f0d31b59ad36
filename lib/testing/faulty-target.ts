/**
 * Files with faults: an `openTarget` that wraps another one, by default real files. It fails as bad hardware, full
 * disks and strict operating systems do. Several sets of faults are combined by wrapping one in another.
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

/** An operation on a file: opening it, or a method of a {@link ByteTarget}. */
export type FileOperation = 'open' | 'write' | 'sync' | 'truncate' | 'close'

/** One call of an operation. */
export interface FileCall {
  /** Operation that is called. */
  readonly operation: FileOperation
  /** The path that the file was opened with. */
  readonly path: string
  /** Number of this call among the calls of the operation, counted from 1 over all files that have the faults. */
  readonly call: number
  /** Bytes to be written; 0 for every other operation. */
  readonly bytes: number
}

/** A failure of an operation. */
export interface CallFault {
  /** The error code of the operating system: `EIO`, `EACCES`, `EMFILE` ... */
  readonly code: string
  /** The only call that fails, counted from 1 over all files that have the faults. @default every call fails */
  readonly call?: number
}

/** A failure of a write. None of its bytes get into the file, unless `atByte` is set. */
export interface WriteFault extends CallFault {
  /**
   * Offset in the file, in bytes. Only a write that reaches beyond it fails: the bytes before the offset are written,
   * then the write fails.
   *
   * @default every byte of the failing write is lost
   */
  readonly atByte?: number
}

/** Disk space that files share. A test may change it at any time, for example to free space. */
export interface Disk {
  /** Bytes that can still be written. A write reduces it, a truncation increases it by the bytes removed. */
  freeBytes: number
}

/** The faults of the files. Several may be set at once. */
export interface Faults {
  /** Whether the file at `path` has the faults. @default every file has them */
  readonly path?: (path: string) => boolean
  /** Opening fails, and no file is created. @default never */
  readonly open?: CallFault
  /** Writing fails. @default never */
  readonly write?: WriteFault
  /** Syncing fails, and nothing is synced. @default never */
  readonly sync?: CallFault
  /** Truncating fails, and the file is not changed. @default never */
  readonly truncate?: CallFault
  /** Closing fails, but the file descriptor is released. @default never */
  readonly close?: CallFault
  /**
   * The disk of the files. A write that exceeds its free space fails with `ENOSPC`, after the bytes that fit are
   * written. Several targets may share a disk.
   *
   * @default a disk with unlimited space
   */
  readonly disk?: Disk
  /**
   * The most bytes per write to the wrapped target. This simulates short writes of an operating system: one write
   * becomes several, and the wrapped target may fail or end the process between them.
   *
   * @default Infinity
   */
  readonly shortWriteBytes?: number
  /** Delay before every operation, in milliseconds. @default 0 */
  readonly slowMs?: number
  /**
   * Called before every operation and awaited. If it throws, the operation fails with that error.
   *
   * @default none
   */
  readonly before?: (call: FileCall) => unknown
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

/** An error with the `code` of an operating system error, such as `ENOSPC`. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated`), { code })
}

/**
 * An `openTarget` whose files have faults. Their failures are system errors, such as those of {@link systemError}.
 *
 * @param open - opens the wrapped files. Default: real files
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for an unknown fault or an invalid value
 */
export function faultyTarget(faults: Faults, open: OpenTarget = openFileTarget): OpenTarget {
  const schedule = new FaultSchedule(faults)
  return async (path, mode) => {
    if (!schedule.appliesTo(path)) return open(path, mode)
    await schedule.begin('open', path)
    return new FaultyFile(path, await open(path, mode), schedule)
  }
}

/** The faults of all files of one target, and the number of calls so far. */
class FaultSchedule {
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

  appliesTo(path: string): boolean {
    return this.faults.path?.(path) ?? true
  }

  /** Called before each operation other than a write. Throws if the operation has a fault. */
  async begin(operation: Exclude<FileOperation, 'write'>, path: string): Promise<void> {
    const fault = this.#faultOf(this.faults[operation], await this.#startCall(operation, path, 0))
    if (fault !== undefined) throw systemError(fault.code)
  }

  /** Called before each write. Returns the fault of the write, if it has one. */
  async beginWrite(path: string, bytes: number): Promise<WriteFault | undefined> {
    return this.#faultOf(this.faults.write, await this.#startCall('write', path, bytes))
  }

  async #startCall(operation: FileOperation, path: string, bytes: number): Promise<number> {
    const call = ++this.#calls[operation]
    const { before, slowMs = 0 } = this.faults
    await before?.({ operation, path, call, bytes })
    if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs))
    return call
  }

  #faultOf<Fault extends CallFault>(fault: Fault | undefined, call: number): Fault | undefined {
    return fault?.call === undefined || fault.call === call ? fault : undefined
  }
}

class FaultyFile implements ByteTarget {
  readonly initialBytes: number
  readonly #path: string
  readonly #file: ByteTarget
  readonly #schedule: FaultSchedule
  #size: number

  constructor(path: string, file: ByteTarget, schedule: FaultSchedule) {
    this.#path = path
    this.#file = file
    this.#schedule = schedule
    this.initialBytes = file.initialBytes
    this.#size = file.initialBytes
  }

  async write(bytes: Uint8Array): Promise<void> {
    const fault = await this.#schedule.beginWrite(this.#path, bytes.length)
    const { disk } = this.#schedule.faults
    // -1, so that a write of 0 bytes fails as well.
    const writable = fault === undefined ? Infinity : fault.atByte === undefined ? -1 : fault.atByte - this.#size
    const free = disk?.freeBytes ?? Infinity
    const taken = Math.max(0, Math.min(bytes.length, writable, free))
    // Before any await, so that two files never use the same space.
    if (disk !== undefined) disk.freeBytes -= taken
    await this.#append(bytes.subarray(0, taken))
    if (bytes.length > Math.min(writable, free)) {
      throw systemError(fault !== undefined && writable <= free ? fault.code : 'ENOSPC')
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const { shortWriteBytes = Infinity } = this.#schedule.faults
    for (let from = 0; from < bytes.length; from += shortWriteBytes) {
      const piece = bytes.subarray(from, from + shortWriteBytes)
      await this.#file.write(piece)
      this.#size += piece.length
    }
  }

  async sync(): Promise<void> {
    await this.#schedule.begin('sync', this.#path)
    await this.#file.sync()
  }

  async truncate(bytes: number): Promise<void> {
    await this.#schedule.begin('truncate', this.#path)
    await this.#file.truncate(bytes)
    const { disk } = this.#schedule.faults
    if (disk !== undefined) disk.freeBytes += Math.max(0, this.#size - bytes)
    this.#size = bytes
  }

  async close(): Promise<void> {
    try {
      await this.#schedule.begin('close', this.#path)
    } finally {
      await this.#file.close()
    }
  }
}
