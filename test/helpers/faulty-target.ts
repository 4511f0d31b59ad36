/**
 * Files that fail when told to: an `openTarget` that writes real files, with faults put between.
 */
import { openFileTarget, type OpenTarget } from '../../sinks/file-target.ts'

/** What goes wrong; a hook that throws or rejects is the fault. */
export interface Faults {
  readonly open?: (path: string) => void | Promise<void>
  /** @param call - counts the writes of all files, from 1 */
  readonly write?: (
    call: number,
    bytes: Uint8Array,
    append: (bytes: Uint8Array) => Promise<void>,
  ) => void | Promise<void>
  readonly sync?: () => void | Promise<void>
  readonly truncate?: () => void | Promise<void>
  readonly close?: () => void | Promise<void>
}

/** Opens real files with `faults`: each hook runs before the real thing, which is always closed. */
export function faultyTarget(faults: Faults): OpenTarget {
  let calls = 0
  return async (path, mode) => {
    await faults.open?.(path)
    const file = await openFileTarget(path, mode)
    return {
      initialBytes: file.initialBytes,
      async write(bytes) {
        await faults.write?.(++calls, bytes, (part) => file.write(part))
        await file.write(bytes)
      },
      async sync() {
        await faults.sync?.()
        await file.sync()
      },
      async truncate(bytes) {
        await faults.truncate?.()
        await file.truncate(bytes)
      },
      async close() {
        await file.close()
        await faults.close?.()
      },
    }
  }
}

/** An error as the operating system raises it. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated`), { code })
}
