/**
 * Where a conversion writes. A file that is replaced stays as it is until the new one is complete.
 */
import { createWriteStream } from 'node:fs'
import { chmod, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ioError, syncDirectory } from '../../../sinks/files/file-target.ts'
import { draftPath } from '../../../sinks/files/replace-file.ts'
import type { RecordSinkOptions } from '../../../sinks/options.ts'

/** A place to write to. One of its two functions is called when the sink has closed. */
export interface OutputPlace {
  readonly sink: Pick<RecordSinkOptions, 'path' | 'stream' | 'onExisting'>
  /** Whether the output of an earlier time is there until this one is complete. */
  readonly keepsOld: boolean
  /** @throws {SpillwayError} `ERR_SPILLWAY_IO` */
  complete(this: void): Promise<void>
  /** Called after a failure. */
  abandon(this: void): Promise<void>
}

const nothing = async () => {}

/** The place for a path or a stream. */
export async function outputPlaceOf(target: string | Writable, overwrite: boolean): Promise<OutputPlace> {
  if (typeof target !== 'string') {
    return { sink: { stream: target }, keepsOld: false, complete: nothing, abandon: nothing }
  }
  const found = overwrite ? await stat(target).catch(() => undefined) : undefined
  if (found === undefined) {
    return { sink: { path: target, onExisting: 'error' }, keepsOld: false, complete: nothing, abandon: nothing }
  }
  return found.isFile() ? draftOf(await realpath(target), found.mode) : pipeTo(target)
}

/** @param path - the file itself and no link to it, as a link would be replaced */
function draftOf(path: string, mode: number): OutputPlace {
  const draft = draftPath(path)
  return {
    sink: { path: draft, onExisting: 'overwrite' },
    keepsOld: true,
    complete: async () => {
      try {
        await chmod(draft, mode)
        await rename(draft, path)
        await syncDirectory(dirname(path))
      } catch (cause) {
        await rm(draft, { force: true }).catch(nothing)
        throw ioError('replace', path, cause)
      }
    },
    abandon: () => rm(draft, { force: true }).catch(nothing),
  }
}

/** A pipe or a device can be written, but not synced. It is opened once, and closed once. */
function pipeTo(path: string): OutputPlace {
  const stream = createWriteStream(path)
  // A failure is that of the write that is pending, or of the next one.
  stream.on('error', () => {})
  return {
    sink: { stream },
    keepsOld: false,
    complete: async () => {
      stream.end()
      await finished(stream).catch((cause: unknown) => {
        throw ioError('write', path, cause)
      })
    },
    abandon: async () => {
      stream.destroy()
    },
  }
}
