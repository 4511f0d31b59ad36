/**
 * The progress of one container, and the records of it that an earlier run has written.
 */
import { crc32 } from 'node:zlib'
import { JsonText } from '../../sinks/values/json-text.ts'
import type { Container } from './container-run.ts'
import { countText, quantityText, SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Watermark } from './commit-progress.ts'

/** Counts the records of a container, and skips those that are in the files already. Memory: the last record. */
export class ContainerProgress {
  readonly #container: Container
  readonly #phase: string
  readonly #earlier: Watermark | undefined
  #records: number
  #last: ResultRecord | undefined

  /**
   * @param earlier - the progress of the container in an earlier run; undefined without one
   */
  constructor(phase: string, container: Container, earlier: Watermark | undefined) {
    this.#phase = phase
    this.#container = container
    this.#earlier = earlier
    this.#records = earlier?.records ?? 0
  }

  get index(): number {
    return this.#container.index
  }

  get id(): string {
    return this.#container.spec.id
  }

  /** Number of its records that are in the files or were passed on to be written. */
  get records(): number {
    return this.#records
  }

  /** The progress for a commit; undefined before the first record. */
  get watermark(): Watermark | undefined {
    if (this.#last === undefined) return this.#earlier
    const { index, spec } = this.#container
    return { index, id: spec.id, records: this.#records, crc32: checksumOf(this.#last) }
  }

  /**
   * Returns those of `records` that are not in the files yet.
   *
   * @param firstSeq - the sequence number of the first of `records` in the container, from 0
   * @throws {SpillwayError} `ERR_SPILLWAY_NONDETERMINISTIC` when the last written record differs from the new one
   */
  newOf(records: readonly ResultRecord[], firstSeq: number): readonly ResultRecord[] {
    const { records: known, crc32: expected } = this.#earlier ?? { records: 0, crc32: 0 }
    const old = Math.min(records.length, Math.max(0, known - firstSeq))
    if (old > 0 && firstSeq + old === known && checksumOf(records[old - 1] as ResultRecord) !== expected) {
      throw this.#changed(`its record ${known} differs from the written record`, REMEDY)
    }
    return old === 0 ? records : records.slice(old)
  }

  /** Counts records that are passed on to be written. */
  note(records: readonly ResultRecord[]): void {
    this.#records += records.length
    this.#last = records.at(-1) ?? this.#last
  }

  /**
   * Checks the number of records when the container has ended.
   *
   * @param records - the number of records that it produced
   * @throws {SpillwayError} `ERR_SPILLWAY_NONDETERMINISTIC` when more records are in the files
   */
  end(records: number): void {
    if (records < this.#records) {
      throw this.#changed(
        `it ended after ${quantityText(records, 'record')}, but the files have ${countText(this.#records)}`,
        REMEDY,
      )
    }
  }

  #changed(reason: string, remedy: string): SpillwayError {
    const { id } = this.#container.spec
    return new SpillwayError(
      'ERR_SPILLWAY_NONDETERMINISTIC',
      `Container ${JSON.stringify(id)} of phase ${JSON.stringify(this.#phase)} cannot be resumed: ${reason}. ${remedy}.`,
      { place: { phase: this.#phase, container: id } },
    )
  }
}

const REMEDY =
  'Produce the same records in the same order each time (no clocks, no random numbers without a seed), or set `commit: container`'

/** The CRC-32 of the record's text in the JSONL format; of an empty text for a record that is rejected. */
function checksumOf(record: ResultRecord): number {
  return crc32(new JsonText('text').ofRecord(record) ?? '')
}
