/**
 * Contenders for each format with each of its compressions. Outputs are checked by their decompressed text, Parquet by
 * DuckDB.
 */
import { zstdCompress } from '../../sinks/parquet/compression/zstd.ts'
import type { BenchCase, ContenderLoader, Work } from '../bench-case.ts'
import { sumFiles } from '../text-output.ts'
import { bySink } from './by-sink.ts'

/** The contenders, JSON lines first. Their input is a pool of records, which is repeated. */
export const codecContenders: Readonly<Record<string, ContenderLoader<readonly object[]>>> = {
  JSONL: bySink('jsonl', 'none'),
  'JSONL, gzip': bySink('jsonl', 'gzip'),
  CSV: bySink('csv', 'none'),
  'CSV, gzip': bySink('csv', 'gzip'),
  'Parquet, uncompressed': bySink('parquet', 'none'),
  'Parquet, snappy': bySink('parquet', 'snappy'),
  'Parquet, gzip': bySink('parquet', 'gzip'),
  'Parquet, brotli': bySink('parquet', 'brotli'),
  ...(zstdCompress !== undefined && { 'Parquet, zstd': bySink('parquet', 'zstd') }),
}

/** Cases that write the same records in different formats. */
interface CasesByFormat<Row extends object> {
  readonly jsonl: BenchCase<readonly object[]>
  readonly csv: BenchCase<readonly Row[]>
  readonly parquet: BenchCase<readonly Row[]>
}

/** The work of the contenders. Outputs are checked as in the cases of single formats. */
export function codecWork<Row extends object>({ jsonl, csv, parquet }: CasesByFormat<Row>) {
  const variants = Object.keys(codecContenders).flatMap((name): [string, Partial<Work<readonly Row[]>>][] => {
    const { expectedOutput, readOutput } = parquet
    if (name.startsWith('Parquet')) return [[name, { expectedOutput, readOutput }]]
    return name.startsWith('CSV') ? [[name, { expectedOutput: csv.expectedOutput }]] : []
  })
  return {
    prepare: parquet.prepare,
    expectedOutput: jsonl.expectedOutput,
    readOutput: (directory: string) => sumFiles(directory, ''),
    variants: Object.fromEntries(variants),
  }
}
