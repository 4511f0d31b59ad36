/**
 * Parses JSON lines into records. split2 splits the lines. This file adds line numbers and a limit for the length of a
 * line, which takes linear time. A bad line never affects other lines.
 */
import { constants, isUtf8 } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'
import type { Transform } from 'node:stream'
import split2 from 'split2'
import { messageOf } from '../../lib/core/errors.ts'
import { describeValue, resolveOptions, type Check, type Checks } from '../../lib/core/options.ts'
import {
  isRecord,
  type ResultRecord,
  type RowItem,
  type TypedReadable,
  type WithBatches,
} from '../../lib/core/record.ts'
import { mayLoseDigits, NumberOutOfRange, parseExactJson } from '../../lib/core/exact-json.ts'
import { notDecodable } from './input-text.ts'
import {
  RecordParser,
  recordParserChecks,
  type Decoder,
  type ParserOutput,
  type RecordParserOptions,
} from './record-parser.ts'
import { WholeLines } from './whole-lines.ts'

/** Options of {@link parseJsonl}. */
export interface ParseJsonlOptions extends RecordParserOptions {
  /**
   * Maximum size of a line in bytes. A longer line is rejected without being held in memory. @default 16777216 (16 MB)
   */
  readonly maxLineBytes?: number
}

const lineBytes: Check = {
  expected: `an integer from 1 up to ${constants.MAX_STRING_LENGTH}, the longest string Node.js can hold`,
  accepts: (value) =>
    Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= constants.MAX_STRING_LENGTH,
}

const checks: Checks<ParseJsonlOptions> = { ...recordParserChecks, maxLineBytes: lineBytes }

const DEFAULTS = { batches: false, maxLineBytes: 16 * 1024 * 1024 } as const satisfies ParseJsonlOptions

const NEWLINE = 0x0a

/** Characters that JSON treats as white space within a line. */
const BLANK = /^[ \t\r]*$/

/**
 * Returns a Transform that parses JSON lines (bytes or strings) into records, in input order.
 *
 * Integers beyond 2^53 become bigint, with all their digits. Lines end in LF or CRLF, and the last line may lack its
 * end. Empty lines are skipped but counted. A line that is not JSON, not an object, not
 * valid in its encoding, or longer than `maxLineBytes` is bad input: see `onReject`.
 *
 * Memory: one line (in a buffer of at most twice `maxLineBytes`), and the records of one chunk of input.
 *
 * Errors: `ERR_SPILLWAY_INPUT` for bad input without `onReject`.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 * @example
 * await pipeline(createReadStream('results.jsonl'), parseJsonl(), new CsvSink({ path: 'results.csv' }))
 */
export function parseJsonl<Row extends object = ResultRecord, Batches extends boolean = false>(
  given?: WithBatches<ParseJsonlOptions, Batches>,
): TypedReadable<RowItem<Row, Batches>, Transform> {
  const options = resolveOptions<ParseJsonlOptions, typeof DEFAULTS>('parseJsonl', given, checks, DEFAULTS)
  return new RecordParser(new JsonlDecoder(options.maxLineBytes), options)
}

/**
 * Writes only whole lines to split2, so that its own buffer stays empty. It would split that buffer again with each
 * chunk. The mapper returns nothing, so no line waits in split2, and each write is complete when it returns.
 */
class JsonlDecoder implements Decoder {
  readonly #lines: WholeLines
  readonly #splitter: Transform
  #output: ParserOutput | null = null
  #line = 0
  #exact = false

  constructor(maxLineBytes: number) {
    this.#splitter = split2('\n', (text) => this.#parse(text))
    this.#lines = new WholeLines(maxLineBytes, {
      lines: (block) => {
        if (isUtf8(block)) this.#split(block)
        else for (const line of linesOf(block)) this.#takeLine(line)
      },
      overlong: (head) => this.#refuse(`it is longer than \`maxLineBytes\` (${maxLineBytes})`, head),
    })
  }

  write(bytes: Buffer, output: ParserOutput): void {
    this.#output = output
    this.#lines.write(bytes)
  }

  end(output: ParserOutput): void {
    this.#output = output
    this.#lines.end()
  }

  #split(block: Buffer): void {
    this.#exact = mayLoseDigits(block)
    this.#splitter.write(block)
  }

  #takeLine(line: Buffer): void {
    if (isUtf8(line)) this.#split(line)
    else this.#refuse(notDecodable(this.#output?.encoding ?? ''), line)
  }

  #refuse(reason: string, line: Buffer): void {
    this.#line++
    if (this.#output?.failed) return
    this.#output?.reject(reason, withoutEnd(new StringDecoder('utf8').write(line)), this.#line)
  }

  #parse(text: string): void {
    this.#line++
    const output = this.#output as ParserOutput
    if (output.failed) return
    let value: unknown
    try {
      value = this.#exact ? parseExactJson(text) : JSON.parse(text)
    } catch (error) {
      if (error instanceof NumberOutOfRange) output.reject(error.message, withoutEnd(text), this.#line)
      else if (error instanceof RangeError) output.reject('it is nested too deeply', withoutEnd(text), this.#line)
      else if (!BLANK.test(text)) output.reject(`it is not JSON: ${messageOf(error)}`, withoutEnd(text), this.#line)
      return
    }
    if (isRecord(value)) output.add(value)
    else output.reject(`it is not a record but ${describeValue(value)}`, withoutEnd(text), this.#line)
  }
}

/** The lines of a block that ends with a newline, each with its newline. */
function* linesOf(block: Buffer): Generator<Buffer> {
  for (let from = 0; from < block.length;) {
    const end = block.indexOf(NEWLINE, from) + 1
    yield block.subarray(from, end)
    from = end
  }
}

function withoutEnd(text: string): string {
  return text.replace(/\r?\n?$/, '')
}
