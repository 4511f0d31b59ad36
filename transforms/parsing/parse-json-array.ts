/**
 * Parses one large JSON document, which is an array or has one at a path, into records. It reads element by element with the
 * tokens of stream-json. So the memory depends on the size of an element, not of the document. For JSON lines use
 * `parseJsonl`, which is several times as fast.
 */
import { isUtf8 } from 'node:buffer'
import type { Transform } from 'node:stream'
import { Assembler } from 'stream-json/core/assembler.js'
import { pick } from 'stream-json/core/filters/pick.js'
import { jsonParser, type Token } from 'stream-json/core/parser.js'
import { messageOf, shortText, SpillwayError } from '../../lib/core/errors.ts'
import { splitPath } from '../../lib/core/field-path.ts'
import { describeValue, integerFrom, resolveOptions, text, type Checks } from '../../lib/core/options.ts'
import {
  isRecord,
  type ResultRecord,
  type RowItem,
  type TypedReadable,
  type WithBatches,
} from '../../lib/core/record.ts'
import { exactNumber, type NumberOutOfRange } from '../../lib/core/exact-json.ts'
import { notDecodable } from './input-text.ts'
import {
  RecordParser,
  recordParserChecks,
  type Decoder,
  type ParserOutput,
  type RecordParserOptions,
} from './record-parser.ts'
import { validLength, WholeCharacters } from './utf8.ts'

/** Options of {@link parseJsonArray}. */
export interface ParseJsonArrayOptions extends RecordParserOptions {
  /**
   * Where the array is in the document, as its keys joined by dots: `data.items`. A backslash before a dot makes it part
   * of a key. @default the document is the array
   */
  readonly path?: string
  /** Maximum size of an element, in bytes of its text. @default 16777216 (16 MB) */
  readonly maxElementBytes?: number
}

const checks: Checks<ParseJsonArrayOptions> = { ...recordParserChecks, path: text, maxElementBytes: integerFrom(1) }

const DEFAULTS = { batches: false, maxElementBytes: 16 * 1024 * 1024 } as const satisfies ParseJsonArrayOptions

/** What each token does to the number of open objects and arrays. */
const DEPTHS = new Map<string, number>([
  ['startObject', 1],
  ['startArray', 1],
  ['endObject', -1],
  ['endArray', -1],
])

/** Characters that end a piece of text between elements, and within an element. See {@link JsonArrayDecoder}. */
const BETWEEN = /[,[\]{]/g
const WITHIN = /[}\]]/g

/**
 * Returns a Transform that parses one JSON array of objects (bytes or strings) into its elements, in input order. The
 * array is the document, or at `path` in it.
 *
 * Integers beyond 2^53 become bigint. An element that is not an object, or has a number beyond the range of doubles, is
 * bad input: `onReject` gets its value.
 *
 * These errors always fail the stream, after the elements before the error were emitted:
 *
 * - The document is not an array or is malformed, or has bytes that are not valid in its encoding.
 * - The document ends early or is followed by other text.
 * - An element is longer than `maxElementBytes`.
 *
 * Memory: one element, and the elements of one chunk.
 *
 * Errors: `ERR_SPILLWAY_INPUT`, also for bad input without `onReject`.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 * @example
 * await pipeline(createReadStream('export.json'), parseJsonArray(), new JsonlSink({ path: 'export.jsonl' }))
 */
export function parseJsonArray<Row extends object = ResultRecord, Batches extends boolean = false>(
  given?: WithBatches<ParseJsonArrayOptions, Batches>,
): TypedReadable<RowItem<Row, Batches>, Transform> {
  const options = resolveOptions<ParseJsonArrayOptions, typeof DEFAULTS>('parseJsonArray', given, checks, DEFAULTS)
  return new RecordParser(new JsonArrayDecoder(options.maxElementBytes, options.path), options)
}

/**
 * stream-json returns all tokens of a piece of text together, and none of them if the piece has an error. So each piece
 * must complete at most one element, at its very end. Text between elements is cut at separators, and text within an
 * element at characters that may close it. Then an error never loses an element before it.
 */
class JsonArrayDecoder implements Decoder {
  readonly #maxElementBytes: number
  readonly #path: string | undefined
  /** Returns the tokens of the array, and a symbol for other ones. */
  readonly #pick: ((token: Token) => unknown) | undefined
  readonly #characters = new WholeCharacters()
  readonly #parse = jsonParser({ streamValues: false })
  readonly #assembler = new ExactAssembler()
  #state: 'before' | 'elements' | 'after' = 'before'
  /** How many objects and arrays of the document are open. */
  #depth = 0
  /** Number of completed elements. */
  #elements = 0
  /** Bytes of the current element. */
  #elementBytes = 0
  /** The line that is being read. */
  #line = 1

  constructor(maxElementBytes: number, path: string | undefined) {
    this.#maxElementBytes = maxElementBytes
    this.#path = path
    if (path === undefined) return
    const keys = splitPath(path)
    const isArray = (stack: readonly unknown[]) =>
      stack.length === keys.length && keys.every((key, depth) => stack[depth] === key)
    this.#pick = pick({ filter: isArray, once: true, maxDepth: Infinity }) as (token: Token) => unknown
  }

  write(bytes: Buffer, output: ParserOutput): void {
    const whole = this.#characters.take(bytes)
    if (isUtf8(whole)) this.#take(whole.toString(), output)
    else {
      this.#take(whole.toString('utf8', 0, validLength(whole)), output)
      if (!output.failed) output.fail(this.#notDecodable(output))
    }
  }

  end(output: ParserOutput): void {
    if (this.#characters.isOpen && !output.failed) output.fail(this.#notDecodable(output))
    if (output.failed || (this.#state === 'after' && this.#depth === 0)) return
    output.fail(
      this.#state === 'before'
        ? this.#failure(this.#absence(), 'Expected a JSON array of objects.')
        : this.#failure('it ends early, at', 'It was probably cut short: get the complete document.'),
    )
  }

  #take(text: string, output: ParserOutput): void {
    for (let from = 0; from < text.length && !output.failed;) {
      const end = this.#endOfPiece(text, from)
      const piece = text.slice(from, end)
      this.#takePiece(piece, output)
      if (!output.failed) this.#line += countNewlines(piece)
      from = end
    }
  }

  #endOfPiece(text: string, from: number): number {
    const stop = this.#assembler.done ? BETWEEN : WITHIN
    stop.lastIndex = from
    return stop.test(text) ? stop.lastIndex : text.length
  }

  #takePiece(piece: string, output: ParserOutput): void {
    this.#elementBytes += Buffer.byteLength(this.#elementBytes === 0 ? piece.replace(/^[\s,]+/, '') : piece)
    let tokens: readonly Token[]
    try {
      const parsed = this.#parse(piece)
      tokens = typeof parsed === 'symbol' ? [] : (parsed as { values: Token[] }).values
    } catch (error) {
      output.fail(this.#malformed(error))
      return
    }
    for (const token of tokens) {
      this.#depth += DEPTHS.get(token.name) ?? 0
      if (this.#pick === undefined || typeof this.#pick(token) === 'object') this.#takeToken(token, output)
    }
    // What is around the array has no elements.
    if (tokens.length > 0 && this.#state !== 'elements') this.#elementBytes = 0
    if (this.#elementBytes > this.#maxElementBytes && !output.failed) output.fail(this.#tooLong())
  }

  #takeToken(token: Token, output: ParserOutput): void {
    if (output.failed) return
    const between = this.#assembler.done
    if (this.#state === 'before') {
      if (token.name !== 'startArray') output.fail(this.#notAnArray())
      this.#state = 'elements'
      this.#elementBytes = 0
    } else if (between && token.name === 'endArray') {
      this.#state = 'after'
    } else {
      this.#assembler.consume(token)
      if (this.#assembler.done) this.#complete(this.#assembler.current, output)
    }
  }

  #complete(element: unknown, output: ParserOutput): void {
    if (this.#elementBytes > this.#maxElementBytes) {
      output.fail(this.#tooLong())
      return
    }
    this.#elementBytes = 0
    this.#elements++
    const { outOfRange } = this.#assembler
    this.#assembler.outOfRange = null
    if (outOfRange !== null) output.reject(`element ${this.#elements}: ${outOfRange.message}`, element, this.#line)
    else if (isRecord(element)) output.add(element)
    else output.reject(`element ${this.#elements} is ${describeValue(element)}, not an object`, element)
  }

  #malformed(error: unknown): SpillwayError {
    if (this.#state === 'after' && this.#depth === 0) {
      return this.#failure('something follows the array', 'Expected one JSON array of objects.', error)
    }
    const reason = messageOf(error).replace(/^Parser (?:cannot parse input: )?/, '')
    return this.#failure(
      `it is malformed (${reason}) at`,
      'Correct it: a document cannot be read after an error.',
      error,
    )
  }

  #absence(): string {
    if (this.#path === undefined) return 'it contains no array'
    return this.#depth > 0 ? 'it ends early' : `it has nothing at the path ${shortText(this.#path)}`
  }

  #notAnArray(): SpillwayError {
    return this.#path === undefined
      ? this.#failure(
          'it is not an array',
          'If each line is an object of its own, use `parseJsonl`. If the array is within the document, set `path`.',
        )
      : this.#failure(`there is no array at the path ${shortText(this.#path)}`, 'Name the array of the records.')
  }

  #notDecodable({ encoding }: ParserOutput): SpillwayError {
    return this.#failure(`${notDecodable(encoding)} at`, 'Correct it: a document cannot be read after an error.')
  }

  #tooLong(): SpillwayError {
    const remedy = 'Raise `maxElementBytes` if memory allows.'
    return this.#failure(`more than \`maxElementBytes\` (${this.#maxElementBytes}) are taken by`, remedy)
  }

  /** @param reason - ends in `at` or `by` when the number of the element follows in the message */
  #failure(reason: string, remedy: string, cause?: unknown): SpillwayError {
    const record = this.#elements + 1
    const where = / (?:at|by)$/.test(reason) ? ` element ${record} on line ${this.#line}` : ''
    return new SpillwayError('ERR_SPILLWAY_INPUT', `The JSON document cannot be read: ${reason}${where}. ${remedy}`, {
      ...(cause !== undefined && { cause }),
      place: { record, line: this.#line },
    })
  }
}

/** The assembler of stream-json, with integers beyond 2^53 as bigint. */
class ExactAssembler extends Assembler {
  /** The first number of the current element that no double is near. */
  outOfRange: NumberOutOfRange | null = null

  override numberValue(literal: string): void {
    let value: unknown
    try {
      value = exactNumber(literal)
    } catch (error) {
      // The element is rejected when it is complete, with the digits as they are.
      this.outOfRange ??= error as NumberOutOfRange
      value = literal
    }
    // It stores any value that it gets.
    this.stringValue(value as string)
  }
}

function countNewlines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
