/**
 * Many who ask at once for a lock whose owner is gone.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { SpillwayError } from '../../lib/core/errors.ts'
import { LOCK_FILE, RunLock } from '../../lib/run/lock.ts'

/** Expects that exactly one of ten gets the lock in each round, and that nothing is left behind. */
export async function expectOneOwner(t: Test, rounds: number): Promise<void> {
  const directory = t.testdir()
  let owners = 0
  for (let round = 0; round < rounds; round++) {
    writeFileSync(join(directory, LOCK_FILE), 'no owner')
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => RunLock.take(directory)))
    for (const lock of asked) {
      if (lock.status === 'fulfilled') owners += 1
      else if ((lock.reason as SpillwayError).code !== 'ERR_SPILLWAY_LOCKED') throw lock.reason
    }
    for (const lock of asked) if (lock.status === 'fulfilled') await lock.value[Symbol.asyncDispose]()
  }
  t.equal(owners, rounds)
  t.strictSame(readdirSync(directory), [])
}
