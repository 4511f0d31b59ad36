/**
 * Waits for what another process does with a file, without a loop that takes a processor from it.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Waits until `isDue` is true. It is asked again whenever the file changes, or the directory in which the next part of
 * its path is missing.
 *
 * @throws {Error} if the process ends before that
 */
export async function untilFile(path: string, isDue: () => boolean, child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(() => {
    if (!isDue()) throw new Error(`The process ended, and nothing more will happen to ${path}`)
  })
  ended.catch(() => {})
  while (!isDue()) {
    const watched = existingPartOf(path)
    const watcher = watch(watched)
    try {
      const changed = once(watcher, 'change')
      // What happened before the watcher was there has no event.
      if (!isDue() && existingPartOf(path) === watched) await Promise.race([changed, ended])
    } finally {
      watcher.close()
    }
  }
}

function existingPartOf(path: string): string {
  return existsSync(path) ? path : existingPartOf(dirname(path))
}
