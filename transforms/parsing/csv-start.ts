/**
 * What the first lines of a CSV file show: the end of its lines, and the delimiter between its cells.
 */
import type { ResolvedDialect } from './csv-dialect.ts'
import { GrowingBuffer } from './growing-buffer.ts'

/** The start of a file, up to its header. */
export interface CsvStart {
  readonly delimiter: string
  /** The byte that ends each line, or comes last in it. */
  readonly lineEnd: number
  /** The line that `rest` begins on. */
  readonly line: number
  /** The bytes from the header on. */
  readonly rest: Buffer
  /** Another delimiter that the first rows fit as well. */
  readonly doubt: string | undefined
}

/** The delimiters that are looked for, the most common one first. */
const DELIMITERS = [',', ';', '\t', '|']

/** What is read to find the delimiter: this many rows, or this many bytes. */
const SAMPLE_ROWS = 20
const SAMPLE_BYTES = 64 * 1024

/** Fewer rows than this must not decide for a delimiter other than the comma. */
const LEAST_SHARE = 0.5

const CR = 0x0d
const LF = 0x0a

/** How often each of {@link DELIMITERS} is in a row, outside of quotes. */
type Counts = readonly number[]

interface Sample {
  readonly rows: readonly Counts[]
  /** Undefined if there is no whole line. */
  readonly lineEnd: number | undefined
}

/** Holds the first bytes of a file until they show its form: at most those of the sample, or of the header. */
export class CsvStartReader {
  readonly #dialect: ResolvedDialect
  readonly #maxHeaderBytes: number
  readonly #held = new GrowingBuffer()
  #linesToSkip: number
  #line = 1
  /** The bytes are looked at when there are this many. It doubles, so that all looks take linear time. */
  #nextLook = 1

  constructor(dialect: ResolvedDialect, maxRecordBytes: number) {
    this.#dialect = dialect
    this.#maxHeaderBytes = Math.max(SAMPLE_BYTES, maxRecordBytes)
    this.#linesToSkip = dialect.skipLines
  }

  /** Adds bytes. Null while the form is not certain. */
  add(bytes: Buffer): CsvStart | null {
    this.#held.append(bytes)
    this.#skipLines(false)
    if (this.#linesToSkip > 0 || this.#held.length < this.#nextLook) return null
    this.#nextLook = 2 * this.#held.length
    return this.#look(false)
  }

  /** Called at the end of the file. */
  end(): CsvStart {
    this.#skipLines(true)
    return this.#look(true) as CsvStart
  }

  #skipLines(isEnd: boolean): void {
    const bytes = this.#held.view()
    let from = 0
    while (this.#linesToSkip > 0) {
      const end = endOfLine(bytes, from, isEnd)
      if (end === -1) break
      from = end
      this.#linesToSkip--
      this.#line++
    }
    this.#held.drop(from)
    // The end of a line that is skipped must not be held.
    if (this.#linesToSkip > 0 && this.#held.view().at(-1) !== CR) this.#held.clear()
  }

  #look(isEnd: boolean): CsvStart | null {
    const bytes = this.#held.view()
    const { delimiter } = this.#dialect
    const named = this.#namedDelimiter(bytes, isEnd)
    const known = delimiter ?? named?.delimiter
    const body = bytes.subarray(named?.bytes ?? 0)
    const { rows, lineEnd } = sampleOf(body, this.#dialect, isEnd)
    const isWhole = isEnd || body.length > this.#maxHeaderBytes
    const isEnough = known !== undefined || rows.length >= SAMPLE_ROWS || body.length >= SAMPLE_BYTES
    if (!isWhole && (lineEnd === undefined || !isEnough)) return null
    const found = known === undefined ? bestDelimiter(rows) : { delimiter: known, doubt: undefined }
    const line = this.#line + (named === undefined ? 0 : 1)
    return { ...found, lineEnd: lineEnd ?? LF, line, rest: Buffer.from(body) }
  }

  /** A first line such as `sep=;`, which spreadsheet programs write and read. */
  #namedDelimiter(bytes: Buffer, isEnd: boolean): { delimiter: string; bytes: number } | undefined {
    const end = endOfLine(bytes, 0, isEnd)
    const [, named] = /^sep=([^\r\n])[\r\n]*$/i.exec(bytes.toString('utf8', 0, Math.min(Math.max(end, 0), 12))) ?? []
    if (named === undefined || (this.#dialect.delimiter ?? named) !== named) return undefined
    return { delimiter: named, bytes: end }
  }
}

/** The offset after the line that begins at `from`; -1 if its end is not known. */
function endOfLine(bytes: Buffer, from: number, isEnd: boolean): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === LF) return at + 1
    if (bytes[at] !== CR) continue
    if (at + 1 < bytes.length) return bytes[at + 1] === LF ? at + 2 : at + 1
    return isEnd ? at + 1 : -1
  }
  return -1
}

function sampleOf(bytes: Buffer, dialect: ResolvedDialect, isEnd: boolean): Sample {
  const candidates = DELIMITERS.map((delimiter) => delimiter.charCodeAt(0))
  const opens = new Set([' ', dialect.delimiter, dialect.quote].map(lastByteOf).concat(candidates))
  const [quote, escape] = [dialect.quote, dialect.escape ?? dialect.quote].map(lastByteOf) as [number, number]
  const comment = Buffer.from(dialect.comment ?? '')
  const rows: number[][] = []
  let lineEnd: number | undefined
  let counts = candidates.map(() => 0)
  let rowAt = 0
  let isQuoted = false
  const finishRow = (end: number, next: number) => {
    const isComment = comment.length > 0 && bytes.subarray(rowAt, rowAt + comment.length).equals(comment)
    if (end > rowAt && !isComment) rows.push(counts)
    counts = candidates.map(() => 0)
    rowAt = next
  }
  for (let at = 0; at < bytes.length && rows.length < SAMPLE_ROWS; at++) {
    if (at >= SAMPLE_BYTES && lineEnd !== undefined) return { rows, lineEnd }
    const byte = bytes[at] as number
    if (isQuoted) {
      if (byte === escape && escape !== quote) at++
      else if (byte === quote) isQuoted = false
    } else if (byte === quote) isQuoted = at === rowAt || opens.has(bytes[at - 1])
    else if (byte === LF || byte === CR) {
      const isPair = byte === CR && bytes[at + 1] === LF
      if (byte === CR && at + 1 === bytes.length && !isEnd) break
      if (byte === CR && !isPair && lineEnd === LF) continue
      lineEnd ??= byte === CR && !isPair ? CR : LF
      finishRow(at, isPair ? at + 2 : at + 1)
      if (isPair) at++
    } else {
      const candidate = candidates.indexOf(byte)
      if (candidate !== -1) (counts[candidate] as number)++
    }
  }
  if (isEnd && rows.length < SAMPLE_ROWS) finishRow(bytes.length, bytes.length)
  return { rows, lineEnd }
}

/** The delimiter that is in most rows as often as in the header. */
function bestDelimiter([header = [], ...rows]: readonly Counts[]): Pick<CsvStart, 'delimiter' | 'doubt'> {
  const rated = DELIMITERS.map((delimiter, index) => {
    const cells = header[index] ?? 0
    const share = rows.length === 0 ? 1 : rows.filter((counts) => counts[index] === cells).length / rows.length
    return { delimiter, cells, share: cells === 0 ? 0 : share }
  }).filter(({ delimiter, share }) => delimiter === ',' || share > LEAST_SHARE)
  // Sorting keeps the order of equals, in which the comma comes first.
  const isComma = (delimiter: string) => (delimiter === ',' ? 1 : 0)
  rated.sort((a, b) => b.share - a.share || isComma(b.delimiter) - isComma(a.delimiter) || b.cells - a.cells)
  const doubtful = rated.find(({ share }, place) => place > 0 && share === 1 && rows.length > 0)
  return { delimiter: rated[0]?.delimiter ?? ',', doubt: doubtful?.delimiter }
}

function lastByteOf(text: string | undefined): number | undefined {
  return Buffer.from(text ?? '').at(-1)
}
