/**
 * The directory that a ResultStreamer writes into. Results of an earlier run are refused, removed or kept.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ioError, makeDirectory } from '../../sinks/files/file-target.ts'
import { listParts } from '../../sinks/files/part-names.ts'
import { replaceFile } from '../../sinks/files/replace-file.ts'
import type { OnExisting } from '../../sinks/options.ts'
import { errnoOf, SpillwayError } from '../core/errors.ts'
import { aggregatesText, type StoredAggregates } from './aggregated-results.ts'

/** Paths of the run's files. */
export class ResultsDirectory {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  get deadLetterPath(): string {
    return join(this.path, 'dead-letter.jsonl')
  }

  get aggregatesPath(): string {
    return join(this.path, 'aggregates.json')
  }

  /** Directory of a phase's parts, by the encoded name of the phase. */
  phasePath(encodedPhase: string): string {
    return join(this.path, 'results', encodedPhase)
  }

  /**
   * Makes the directory, and refuses or removes the results of an earlier run.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`
   */
  async prepare(onExisting: OnExisting): Promise<void> {
    await makeDirectory(this.path)
    if (onExisting === 'append') return
    const parts = await this.#existingParts()
    if (parts.length === 0) return
    if (onExisting === 'error') {
      throw new SpillwayError(
        'ERR_SPILLWAY_EXISTS',
        `${this.path} already holds results (${parts[0]}). Choose another directory, or set \`onExisting\` to 'overwrite' or 'append'.`,
        { place: { path: this.path } },
      )
    }
    for (const path of [...parts, this.aggregatesPath]) {
      await rm(path, { force: true }).catch((cause: unknown) => {
        throw ioError('remove', path, cause)
      })
    }
  }

  /** Writes the aggregates, all or nothing. */
  async writeAggregates(aggregates: StoredAggregates): Promise<void> {
    await replaceFile(this.aggregatesPath, aggregatesText(aggregates))
  }

  async #existingParts(): Promise<string[]> {
    const parts: string[] = []
    for (const phase of await this.#phases()) {
      const directory = this.phasePath(phase)
      for (const part of await listParts(directory)) parts.push(join(directory, part))
    }
    return parts
  }

  async #phases(): Promise<string[]> {
    const results = join(this.path, 'results')
    try {
      const entries = await readdir(results, { withFileTypes: true })
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') return []
      throw ioError('list', results, cause)
    }
  }
}
