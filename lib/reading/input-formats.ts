/**
 * The formats of input and output, and what the name of a file says about them.
 */
import { basename } from 'node:path'
import type { Format } from '../../sinks/options.ts'

/** The formats of input. */
export const INPUT_FORMATS = ['jsonl', 'json', 'csv', 'tsv', 'parquet'] as const

/** A format of {@link INPUT_FORMATS}: `json` is one array of objects, `tsv` is CSV with tabs. */
export type InputFormat = (typeof INPUT_FORMATS)[number]

/** What the name of an output file asks for. */
interface OutputKind {
  readonly format: Format
  /** Set for files whose cells are not separated by commas. */
  readonly delimiter?: string
}

const TEXT_FORMATS = new Map<string, InputFormat>([
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
])

/** Whether a name ends in `.gz`. */
export function isGzipName(path: string): boolean {
  return /\.gz$/i.test(path)
}

/** The input format that a name stands for, `.gz` behind those of text or not; undefined when it tells nothing. */
export function inputFormatOf(path: string): InputFormat | undefined {
  if (extensionOf(path) === '.parquet') return 'parquet'
  return TEXT_FORMATS.get(extensionOf(isGzipName(path) ? path.slice(0, -'.gz'.length) : path))
}

/** The output that a name stands for; undefined when it tells nothing, or a format that is only read. */
export function outputKindOf(path: string): OutputKind | undefined {
  const format = inputFormatOf(path)
  switch (format) {
    case 'tsv':
      return { format: 'csv', delimiter: '\t' }
    case 'json':
    case undefined:
      return undefined
    default:
      return { format }
  }
}

/** Whether records of the format all have the same fields, which are its columns. */
export function hasColumns(format: InputFormat | Format): boolean {
  return format === 'csv' || format === 'tsv' || format === 'parquet'
}

/** From the last dot on, in lower case; a name that is nothing else (`.csv`) has one too. */
function extensionOf(path: string): string {
  const name = basename(path)
  return name.slice(Math.max(0, name.lastIndexOf('.'))).toLowerCase()
}
