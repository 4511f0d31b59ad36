/**
 * Infers the column types from a whole CSV file. So they are certain before the first record.
 */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { resolveOptions, type Checks } from '../../lib/core/options.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import { dialectChecks, type CsvInputOptions } from './csv-dialect.ts'
import { CsvTypeGuess, type CsvType } from './csv-types.ts'
import { csvChecks, parseCsv, type ParseCsvOptions } from './parse-csv.ts'

/** Options of {@link inferCsvTypes}. */
export type InferCsvTypesOptions = CsvInputOptions &
  Pick<ParseCsvOptions, 'encoding' | 'maxRecordBytes' | 'onHeader' | 'signal'>

const checks: Checks<InferCsvTypesOptions> = {
  ...dialectChecks,
  encoding: csvChecks.encoding,
  maxRecordBytes: csvChecks.maxRecordBytes,
  onHeader: csvChecks.onHeader,
  signal: csvChecks.signal,
}

/**
 * Infers the type of every column of a CSV file, for the `types` option of `parseCsv`. It is the narrowest type that
 * fits all cells, and `text` for a column of nulls. Rows that cannot be read are ignored. Memory: one record.
 *
 * @param source - path of a file, or a Readable of its bytes
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`; `ERR_SPILLWAY_INPUT` for a header that cannot be read
 */
export async function inferCsvTypes(
  source: string | Readable,
  given?: InferCsvTypesOptions,
): Promise<Record<string, CsvType>> {
  const options = resolveOptions('inferCsvTypes', given, checks, {})
  const guesses = new Map<string, CsvTypeGuess>()
  const onHeader = (names: readonly string[]) => {
    options.onHeader?.(names)
    for (const name of names) guesses.set(name, new CsvTypeGuess())
  }
  await pipeline(
    typeof source === 'string' ? createReadStream(source) : source,
    parseCsv({ ...options, types: 'text', batches: true, onHeader, onReject: () => {} }),
    async (batches: AsyncIterable<ResultRecord[]>) => {
      for await (const batch of batches) for (const record of batch) noteRecord(guesses, record)
    },
  )
  return Object.fromEntries(Array.from(guesses, ([name, guess]) => [name, guess.type ?? 'text']))
}

function noteRecord(guesses: ReadonlyMap<string, CsvTypeGuess>, record: ResultRecord): void {
  for (const [name, guess] of guesses) guess.note(record[name] as string | null)
}
