/**
 * How far one container has come, and what of it an earlier run has written already.
 */
import { crc32 } from 'node:zlib'
import { JsonText } from '../../sinks/values/json-text.ts'
import type { Container } from './container-run.ts'
import { SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Watermark } from './commit-progress.ts'

/** Counts the records of a container, and leaves out those that are in the files. Memory: the last record. */
export class ContainerProgress {
  readonly #container: Container
  readonly #phase: string
  readonly #earlier: Watermark | undefined
  #records: number
  #last: ResultRecord | undefined

  /**
   * @param earlier - how far an earlier run of the container came
   * @throws {SpillwayError} `ERR_SPILLWAY_NONDETERMINISTIC` when that was another container
   */
  constructor(phase: string, container: Container, earlier: Watermark | undefined) {
    this.#phase = phase
    this.#container = container
    this.#earlier = earlier
    this.#records = earlier?.records ?? 0
    if (earlier !== undefined && earlier.id !== container.spec.id) {
      const was = JSON.stringify(earlier.id)
      throw this.#changed(
        `container ${container.index} was ${was} before`,
        'List the same containers in the same order',
      )
    }
  }

  get index(): number {
    return this.#container.index
  }

  get id(): string {
    return this.#container.spec.id
  }

  /** How many of its records are in the files, or on their way there. */
  get records(): number {
    return this.#records
  }

  /** What a commit says of it; undefined before its first record. */
  get watermark(): Watermark | undefined {
    if (this.#last === undefined) return this.#earlier
    const { index, spec } = this.#container
    return { index, id: spec.id, records: this.#records, crc32: checksumOf(this.#last) }
  }

  /**
   * The records that are not in the files yet.
   *
   * @param firstSeq - the number of the first of `records` within the container, from 0
   * @throws {SpillwayError} `ERR_SPILLWAY_NONDETERMINISTIC` when the last one that is in the files differs
   */
  newOf(records: readonly ResultRecord[], firstSeq: number): readonly ResultRecord[] {
    const { records: known, crc32: expected } = this.#earlier ?? { records: 0, crc32: 0 }
    const old = Math.min(records.length, Math.max(0, known - firstSeq))
    if (old > 0 && firstSeq + old === known && checksumOf(records[old - 1] as ResultRecord) !== expected) {
      throw this.#changed(`its record ${known} differs from the one that is written`, REMEDY)
    }
    return old === 0 ? records : records.slice(old)
  }

  /** Notes records that are on their way into the files. */
  note(records: readonly ResultRecord[]): void {
    this.#records += records.length
    this.#last = records.at(-1) ?? this.#last
  }

  /**
   * Notes that the container has ended.
   *
   * @param records - how many it has made
   * @throws {SpillwayError} `ERR_SPILLWAY_NONDETERMINISTIC` when these are fewer than are in the files
   */
  end(records: number): void {
    if (records < this.#records) {
      throw this.#changed(`it ended after ${records} records, of which ${this.#records} are written`, REMEDY)
    }
  }

  #changed(reason: string, remedy: string): SpillwayError {
    const { id } = this.#container.spec
    return new SpillwayError(
      'ERR_SPILLWAY_NONDETERMINISTIC',
      `Container ${JSON.stringify(id)} of phase ${JSON.stringify(this.#phase)} cannot go on from where it was: ${reason}. ${remedy}.`,
      { place: { phase: this.#phase, container: id } },
    )
  }
}

const REMEDY =
  'Make the same records in the same order each time (no clocks, no random numbers without a seed), or set `commit: container`'

/** Of the text that JSON lines have of the record; of nothing, for a record that is rejected. */
function checksumOf(record: ResultRecord): number {
  return crc32(new JsonText('text').ofRecord(record) ?? '')
}
