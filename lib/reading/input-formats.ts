/**
 * The formats of input and output, and how they follow from the name of a file.
 */
import { basename } from 'node:path'
import type { Format } from '../../sinks/options.ts'

/** The formats of input. */
export const INPUT_FORMATS = ['jsonl', 'json', 'csv', 'tsv', 'parquet'] as const

/** A format of {@link INPUT_FORMATS}: `json` is one array of objects, `tsv` is CSV with tabs. */
export type InputFormat = (typeof INPUT_FORMATS)[number]

/** The output format that a file name selects. */
interface OutputKind {
  readonly format: Format
  /** Set if the cells are not separated by commas. */
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

/** Whether a name ends in `.zst`. Such text is read, where Node.js can, but not written. */
export function isZstdName(path: string): boolean {
  return /\.zst$/i.test(path)
}

/** The input format by the extension of a name; text formats may have `.gz` or `.zst` after it. Undefined for other names. */
export function inputFormatOf(path: string): InputFormat | undefined {
  if (extensionOf(path) === '.parquet') return 'parquet'
  return TEXT_FORMATS.get(extensionOf(path.replace(/\.(?:gz|zst)$/i, '')))
}

/** The output format by the extension of a name. Undefined for other names, and for a format that is only read. */
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

/** The extension in lower case, with its dot. For a name such as `.csv`, the whole name. */
function extensionOf(path: string): string {
  const name = basename(path)
  return name.slice(Math.max(0, name.lastIndexOf('.'))).toLowerCase()
}
