/**
 * The records of an input of any format, in batches and in order. It guarantees that all records before a failure of
 * the input are handed out before the failure is.
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
  /** Bytes of a line, a row or an element; undefined for the default of the parser. */
  readonly maxLineBytes: number | undefined
  readonly signal: AbortSignal
  /** Receives input that is no record. */
  readonly onReject: RejectionHandler
  /** Told how many bytes were read of a file or stream of text. */
  readonly onBytes: (bytes: number) => void
}

/** The byte order mark, and what JSON takes for white space. */
const BEFORE_JSON = new Set([0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d])

const OPEN_BRACKET = 0x5b

/**
 * Reads batches of records. Memory: that of the parser, or of a row group of Parquet.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT`, `ERR_SPILLWAY_IO`; an AbortError when the signal aborts
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

/** Makes the parser of a format of text, whose packages are loaded only now. */
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

/** A stream that fails drops what it holds, so the parser is told of the end only, and the failure comes after it. */
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
    // Input that ends early is bad input to the parser too: the reason comes first.
    throw failures.length > 0 ? failures[0] : error
  }
  if (failures.length > 0) throw failures[0]
}

/** Tells JSON lines from one JSON document, which would fail a moment later with less to go by. */
async function* expectArray(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let known = false
  for await (const chunk of bytes) {
    const first: number | undefined = known ? undefined : chunk.find((byte) => !BEFORE_JSON.has(byte))
    if (first !== undefined && first !== OPEN_BRACKET) throw noArray(first)
    known ||= first !== undefined
    yield chunk
  }
}

function noArray(first: number): SpillwayError {
  const remedy =
    first === 0x7b
      ? 'If each line is an object of its own, pass --from jsonl.'
      : 'If it is not JSON, pass --from jsonl, csv, tsv or parquet.'
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `The JSON document is not an array: it begins with ${JSON.stringify(String.fromCharCode(first))}. ${remedy}`,
  )
}
