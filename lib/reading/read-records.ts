/**
 * The records of an input of any format, in batches and in order. All records before a read error are delivered before
 * the error is thrown.
 */
import { pipeline, type Readable, type Transform } from 'node:stream'
import type { ResultRecord } from '../core/record.ts'
import type { RejectionHandler } from '../core/rejection.ts'
import { readParquet } from '../../sinks/readers/read-parquet.ts'
import type { CsvInputOptions } from '../../transforms/parsing/csv-dialect.ts'
import type { CsvType } from '../../transforms/parsing/csv-types.ts'
import type { InputFormat } from './input-formats.ts'
import { readBytes } from './read-bytes.ts'

/** What to read, and how. */
export interface ReadRecordsOptions {
  readonly from: InputFormat
  readonly source: string | Readable
  /** The form of CSV. */
  readonly dialect: CsvInputOptions
  /** Encoding of a text. Undefined means UTF-8, or that of its byte order mark. */
  readonly encoding: string | undefined
  /** Where the array of a JSON document is. Undefined means that the document is the array. */
  readonly jsonPath: string | undefined
  /** Types of the columns of CSV. */
  readonly csvTypes: 'infer' | 'text' | Readonly<Record<string, CsvType>>
  /** What BYTE_ARRAY without an annotation is in Parquet. */
  readonly binary: 'bytes' | 'text'
  /** The most bytes of a line, a row or an element. Undefined means the default of the parser. */
  readonly maxLineBytes: number | undefined
  readonly signal: AbortSignal
  /** Receives input that is not a record. */
  readonly onReject: RejectionHandler
  /** Receives what may be wrong about input that can be read. */
  readonly onWarning: (message: string) => void
  /** Called with the number of bytes of each chunk read from a text input. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Reads batches of records, in order. Memory: that of the parser, or a row group of Parquet.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for damaged input, `ERR_SPILLWAY_IO` if it cannot be read; an AbortError
 *   when the signal aborts
 */
export async function* readRecords(options: ReadRecordsOptions): AsyncGenerator<readonly ResultRecord[]> {
  const { from, source, binary, signal, onBytes, onWarning } = options
  if (from === 'parquet' && typeof source === 'string') {
    yield* readParquet(source, { binary, batches: true, signal }) as AsyncIterable<ResultRecord[]>
    return
  }
  yield* parse(readBytes(source, onBytes, signal, onWarning), await makeParser(options))
}

/** Makes the parser of a text format. Its packages are loaded on first use. */
async function makeParser(given: ReadRecordsOptions): Promise<Transform> {
  const { from, dialect, encoding, jsonPath, csvTypes, maxLineBytes, signal, onReject, onWarning } = given
  const options = { batches: true, signal, onReject, onWarning, ...(encoding !== undefined && { encoding }) }
  switch (from) {
    case 'jsonl': {
      const { parseJsonl } = await import('../../transforms/parsing/parse-jsonl.ts')
      return parseJsonl({ ...options, ...(maxLineBytes !== undefined && { maxLineBytes }) })
    }
    case 'json': {
      const { parseJsonArray } = await import('../../transforms/parsing/parse-json-array.ts')
      const place = jsonPath !== undefined && { path: jsonPath }
      return parseJsonArray({
        ...options,
        ...place,
        ...(maxLineBytes !== undefined && { maxElementBytes: maxLineBytes }),
      })
    }
    case 'csv':
    case 'tsv': {
      const { parseCsv } = await import('../../transforms/parsing/parse-csv.ts')
      const bound = maxLineBytes !== undefined && { maxRecordBytes: maxLineBytes }
      return parseCsv({ ...options, ...dialect, types: csvTypes, ...bound })
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
