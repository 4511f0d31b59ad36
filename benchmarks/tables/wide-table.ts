/**
 * Flat records with any number of fields: doubles of full entropy, and one of a hundred texts in every fourth field.
 */
import { makeRandom } from '../random.ts'
import type { Table } from './table.ts'

/** A record with fields `field_000`, `field_001` and so on. */
export type WideRecord = Readonly<Record<string, number | string>>

const TEXTS = Array.from({ length: 100 }, (_, index) => `label_${index}`)

/** Makes `count` distinct records. They depend only on the arguments. */
export function makeWideRecords(count: number, fields: number): WideRecord[] {
  const random = makeRandom(fields)
  const names = namesOf(fields)
  return Array.from({ length: count }, () => {
    const record: Record<string, number | string> = {}
    names.forEach((name, index) => {
      record[name] = isText(index) ? (TEXTS[Math.floor(random() * TEXTS.length)] ?? '') : random()
    })
    return record
  })
}

/** The table of records with this many fields. */
export function wideTable(fields: number): Table<WideRecord> {
  const names = namesOf(fields)
  return {
    columns: Object.fromEntries(names.map((name, index) => [name, isText(index) ? 'text' : 'double'])),
    transpose: (records) => names.map((name) => records.map((record) => record[name]) as number[] | string[]),
    flatten: (record) => record,
  }
}

function namesOf(fields: number): string[] {
  return Array.from({ length: fields }, (_, index) => `field_${String(index).padStart(3, '0')}`)
}

function isText(index: number): boolean {
  return index % 4 === 3
}
