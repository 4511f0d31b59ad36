/**
 * SQL statements that read the records of a run in DuckDB. Their options are needed for two reasons. Later parts may
 * have more columns than earlier ones. Empty text and null are written differently from the defaults of DuckDB.
 */
import { join } from 'node:path'

/** The DuckDB function that reads the files of each extension. */
const READERS = new Map([
  ['parquet', (files: string) => `read_parquet(${files}, union_by_name = true)`],
  ['csv', (files: string) => `read_csv(${files}, union_by_name = true, allow_quoted_nulls = false, sample_size = -1)`],
  [
    'jsonl',
    (files: string) => `read_json(${files}, format = 'newline_delimited', union_by_name = true, sample_size = -1)`,
  ],
])

/**
 * One statement for each extension among the files.
 *
 * @param directory - the run directory
 * @param files - paths of its part files within the directory
 */
export function duckdbQueries(directory: string, files: readonly string[]): string[] {
  const endings = new Set(files.map((file) => file.slice(file.indexOf('.', file.lastIndexOf('/')) + 1)))
  return [...endings].flatMap((ending) => {
    const reader = READERS.get(ending.split('.')[0] ?? '')
    const glob = `'${join(directory, 'results', '**', `*.${ending}`).replaceAll("'", "''")}'`
    return reader === undefined ? [] : [`SELECT * FROM ${reader(glob)}`]
  })
}
