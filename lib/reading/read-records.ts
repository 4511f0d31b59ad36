/**
 * The records of an input of any format, in batches and in order. All records before a read error are delivered before
 * the error is thrown.
 */
import { pipeline, type Readable, type Transform } from 'node:stream'
import { SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import type { RejectionHandler } from '../core/rejection.ts'
import { readParquet } from '../../sinks/readers/read-parquet.ts'
import type { CsvType } from '../../transforms/parsing/csv-types.ts'
import type { InputFormat } from './input-formats.ts'
import { readBytes } from './read-bytes.ts'

/** What to read, and how. */
export interface ReadRecordsOptions {
  readonly from: InputFormat
  readonly source: string | Readable
  readonly delimiter: string
  /** Types of the columns of CSV. */
  readonly csvTypes: 'infer' | 'text' | Readonly<Record<string, CsvType>>
  /** The most bytes of a line, a row or an element. Undefined means the default of the parser. */
  readonly maxLineBytes: number | undefined
  readonly signal: AbortSignal
  /** Receives input that is not a record. */
  readonly onReject: RejectionHandler
  /** Called with the number of bytes of each chunk read from a text input. */
  readonly onBytes: (bytes: number) => void
}

/** The bytes of the byte order mark, and the white space of JSON. */
const BEFORE_JSON = new Set([0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d])

const OPEN_BRACKET = 0x5b

/**
 * Reads batches of records, in order. Memory: that of the parser, or a row group of Parquet.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for damaged input, `ERR_SPILLWAY_IO` if it cannot be read; an AbortError
 *   when the signal aborts
 */
export async function* readRecords(options: ReadRecordsOptions): AsyncGenerator<readonly ResultRecord[]> {
  const { from, source, signal, onBytes } = options
  if (from === 'parquet' && typeof source === 'string') {
    yield* readParquet(source, { batches: true, signal }) as AsyncIterable<ResultRecord[]>
    return
  }
  const bytes = readBytes(source, onBytes, signal)
  yield* parse(from === 'json' ? expectArray(bytes) : bytes, await makeParser(options))
}

/** Makes the parser of a text format. Its packages are loaded on first use. */
async function makeParser(given: ReadRecordsOptions): Promise<Transform> {
  const { from, delimiter, csvTypes, maxLineBytes, signal, onReject } = given
  const options = { batches: true, signal, onReject }
  switch (from) {
    case 'jsonl': {
      const { parseJsonl } = await import('../../transforms/parsing/parse-jsonl.ts')
      return parseJsonl({ ...options, ...(maxLineBytes !== undefined && { maxLineBytes }) })
    }
    case 'json': {
      const { parseJsonArray } = await import('../../transforms/parsing/parse-json-array.ts')
      return parseJsonArray({ ...options, ...(maxLineBytes !== undefined && { maxElementBytes: maxLineBytes }) })
    }
    case 'csv':
    case 'tsv': {
      const { parseCsv } = await import('../../transforms/parsing/parse-csv.ts')
      const bound = maxLineBytes !== undefined && { maxRecordBytes: maxLineBytes }
      return parseCsv({ ...options, delimiter, types: csvTypes, ...bound })
    }
    case 'parquet':
      throw new TypeError('Parquet is read from a file')
  }
}

/**
 * Parses bytes. A read error ends the input of the parser, and is thrown after the last record: passed to the parser,
 * it would drop the records in its buffers.
 */
async function* parse(bytes: AsyncIterable<Buffer>, parser: Transform): AsyncGenerator<readonly ResultRecord[]> {
  const failures: unknown[] = []
  const untilFailure = async function* () {
    try {
      yield* bytes
    } catch (error) {
      failures.push(error)
    }
  }
  pipeline(untilFailure, parser, () => {})
  try {
    for await (const batch of parser) yield batch as ResultRecord[]
  } catch (error) {
    // After a read error the parser may fail as well, on the truncated input: the read error is the cause.
    throw failures.length > 0 ? failures[0] : error
  }
  if (failures.length > 0) throw failures[0]
}

/** Passes on the bytes of a JSON array. Other input, such as JSON lines, would fail in the parser without a remedy. */
async function* expectArray(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let known = false
  for await (const chunk of bytes) {
    const first: number | undefined = known ? undefined : chunk.find((byte) => !BEFORE_JSON.has(byte))
    if (first !== undefined && first !== OPEN_BRACKET) throw notAnArray(first)
    known ||= first !== undefined
    yield chunk
  }
}

function notAnArray(first: number): SpillwayError {
  const remedy =
    first === 0x7b
      ? 'If each line is an object of its own, pass --from jsonl.'
      : 'If it is not JSON, pass --from jsonl, csv, tsv or parquet.'
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `The JSON document is not an array: it begins with ${JSON.stringify(String.fromCharCode(first))}. ${remedy}`,
  )
}
