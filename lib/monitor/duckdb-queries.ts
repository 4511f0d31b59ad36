/**
 * Statements by which DuckDB reads the records of a run: later parts may have more columns than earlier ones, and what
 * is empty text and what is null differs from its defaults.
 */
import { join } from 'node:path'

/** What reads the files of each ending. */
const READERS = new Map([
  ['parquet', (files: string) => `read_parquet(${files}, union_by_name = true)`],
  ['csv', (files: string) => `read_csv(${files}, union_by_name = true, allow_quoted_nulls = false, sample_size = -1)`],
  [
    'jsonl',
    (files: string) => `read_json(${files}, format = 'newline_delimited', union_by_name = true, sample_size = -1)`,
  ],
])

/**
 * One statement for each kind of file.
 *
 * @param directory - that of the run
 * @param files - names of its part files
 */
export function duckdbQueries(directory: string, files: readonly string[]): string[] {
  const endings = new Set(files.map((file) => file.slice(file.indexOf('.', file.lastIndexOf('/')) + 1)))
  return [...endings].flatMap((ending) => {
    const reader = READERS.get(ending.split('.')[0] ?? '')
    const glob = `'${join(directory, 'results', '**', `*.${ending}`).replaceAll("'", "''")}'`
    return reader === undefined ? [] : [`SELECT * FROM ${reader(glob)}`]
  })
}
