/**
 * Finds objects that are written again while an earlier write of them still waits: a program that changes one object, or a
 * few in turn, and writes them again overwrites its earlier records.
 */
import { isRecord, type ResultRecord } from '../lib/core/record.ts'

/** Counts them among records that wait together. */
export class RepeatedObjects {
  #first: ResultRecord | undefined
  #last: ResultRecord | undefined

  /**
   * Adds records that wait. Returns how many of them are the same object as the first one that waits or the one just
   * before. Comparing with all of them would take too long.
   */
  add(records: readonly ResultRecord[]): number {
    let repeated = 0
    let first = this.#first
    let last = this.#last
    for (const record of records) {
      if (first === undefined) first = record
      // What is not a record is rejected, however often it comes.
      else if ((record === first || record === last) && isRecord(record)) repeated++
      last = record
    }
    this.#first = first
    this.#last = last
    return repeated
  }

  /** No record waits any more. */
  clear(): void {
    this.#first = undefined
    this.#last = undefined
  }
}
