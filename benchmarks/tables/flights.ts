/**
 * Three million flights within the United States in the first half of 2001: real data, from vega-datasets.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Contents } from '../bench-case.ts'
import type { Table } from './table.ts'
import { sumParquet } from './sum-table.ts'

/** A flight. The delay is in minutes, the distance in miles. Airports are given by their codes. */
export interface Flight {
  readonly date: Date
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

/** Number of flights in the file. */
export const FLIGHTS = 3_000_000

export const flightTable: Table<Flight> = {
  columns: { date: 'timestamp', delay: 'double', distance: 'double', origin: 'text', destination: 'text' },
  transpose: (flights) => [
    flights.map(({ date }) => date),
    flights.map(({ delay }) => delay),
    flights.map(({ distance }) => distance),
    flights.map(({ origin }) => origin),
    flights.map(({ destination }) => destination),
  ],
  flatten: ({ date, delay, distance, origin, destination }) => ({ date, delay, distance, origin, destination }),
}

/** The first `count` flights. */
export async function readFlights(count: number): Promise<Flight[]> {
  if (count > FLIGHTS) throw new RangeError(`There are only ${FLIGHTS} flights, not ${count}`)
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  const numbers = 'epoch_ms(date)::DOUBLE, delay::DOUBLE, distance::DOUBLE'
  const reader = await connection.stream(`SELECT ${numbers}, origin, destination FROM '${file()}' LIMIT ${count}`)
  const flights: Flight[] = []
  const airports = new Map<string, string>()
  for await (const rows of reader.yieldRows()) {
    for (const [ms, delay, distance, from, to] of rows as [number, number, number, string, string][]) {
      const [origin, destination] = [intern(airports, from), intern(airports, to)]
      flights.push({ date: new Date(ms), delay, distance, origin, destination })
    }
  }
  instance.closeSync()
  return flights
}

/** The contents of the first `count` flights in the source file. */
export function sumFlights(count: number): Promise<Contents> {
  return sumParquet(file(), flightTable.columns, count)
}

/** One string per airport, not one per flight, as in a typical program. */
function intern(airports: Map<string, string>, code: string): string {
  const known = airports.get(code)
  if (known !== undefined) return known
  airports.set(code, code)
  return code
}

function file(): string {
  return join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-3m.parquet')
}
