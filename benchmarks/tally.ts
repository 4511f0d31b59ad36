/**
 * The output of contenders that write no file: a tally (count and checksum) of the records they produced.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contents, Output } from './bench-case.ts'

const FILE = 'tally.json'

/** The number of records, and a checksum of their values and order. It costs a few nanoseconds per record. */
export class Tally {
  #rows = 0
  #checksum = 0

  /** Adds the next record, as a number that depends on all values of it that must be checked. */
  add(figure: number): void {
    const whole = Math.floor(figure)
    const folded = (whole / 2 ** 32) ^ whole ^ ((figure - whole) * 2 ** 30)
    this.#rows += 1
    this.#checksum = (Math.imul(this.#checksum, 31) + folded) | 0
  }

  /** The number and the checksum of the records added so far. */
  get contents(): Contents {
    return { rows: this.#rows, checksum: (this.#checksum >>> 0).toString(16) }
  }
}

/** The combined contents of several tallies, such as one per source if only the order within each source is fixed. */
export function sumTallies(...tallies: readonly Tally[]): Contents {
  const contents = tallies.map((tally) => tally.contents)
  return {
    rows: contents.reduce((sum, { rows }) => sum + rows, 0),
    checksum: contents.map(({ checksum }) => checksum).join('-'),
  }
}

/**
 * Saves tallies as the output of a run.
 *
 * @param bytes - size of the input; 0 if the contender reads none
 */
export async function saveTallies(directory: string, tallies: readonly Tally[], bytes = 0): Promise<void> {
  const output: Output = { ...sumTallies(...tallies), bytes }
  await writeFile(join(directory, FILE), JSON.stringify(output))
}

/** Reads the output that {@link saveTallies} saved. */
export async function readTallies(directory: string): Promise<Output> {
  return JSON.parse(await readFile(join(directory, FILE), 'utf8')) as Output
}
