/**
 * Each format with each of its compressions, and how what they make is checked: text as it is when decompressed, Parquet
 * by DuckDB.
 */
import { zstdCompress } from '../../sinks/parquet/compression/zstd.ts'
import type { BenchCase, ContenderLoader, Work } from '../bench-case.ts'
import { sumFiles } from '../text-output.ts'
import { bySink } from './by-sink.ts'

/** The contenders, JSON lines first; their input is a pool to go round. */
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

/** Cases that write the same records, each in one format. */
interface CasesByFormat<Row extends object> {
  readonly jsonl: BenchCase<readonly object[]>
  readonly csv: BenchCase<readonly Row[]>
  readonly parquet: BenchCase<readonly Row[]>
}

/** The work of the contenders: what the output holds is found as in the cases of single formats. */
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
