/**
 * The cost of a value by the number of fields of a record, in each format. All contenders write the same number of
 * values, so with more fields they write fewer records. Each value counts as one record in the report.
 */
import type { Compression, Format } from '../../sinks/options.ts'
import type { BenchCase, ContenderLoader, Work } from '../bench-case.ts'
import { bySink } from '../formats/by-sink.ts'
import { readParquetOutput } from '../parquet/read-output.ts'
import { makeWideRecords, wideTable, type WideRecord } from '../tables/wide-table.ts'
import { sumFiles, sumLines, sumText } from '../text-output.ts'

type WideWork = Omit<Work<readonly WideRecord[]>, 'records'>

export const benchCase: BenchCase<readonly WideRecord[]> = {
  ...jsonlWork(10),
  name: 'field-count',
  records: 2_000_000,
  contenders: {
    'JSONL, 10 fields': writing('jsonl', 'none'),
    'JSONL, 1 field': writing('jsonl', 'none'),
    'JSONL, 100 fields': writing('jsonl', 'none'),
    'JSONL, 500 fields': writing('jsonl', 'none'),
    'CSV, 1 field': writing('csv', 'none'),
    'CSV, 10 fields': writing('csv', 'none'),
    'CSV, 100 fields': writing('csv', 'none'),
    'CSV, 500 fields': writing('csv', 'none'),
    'Parquet, 1 field': writing('parquet', 'snappy'),
    'Parquet, 10 fields': writing('parquet', 'snappy'),
    'Parquet, 100 fields': writing('parquet', 'snappy'),
    'Parquet, 500 fields': writing('parquet', 'snappy'),
  },
  variants: {
    'JSONL, 1 field': jsonlWork(1),
    'JSONL, 100 fields': jsonlWork(100),
    'JSONL, 500 fields': jsonlWork(500),
    'CSV, 1 field': csvWork(1),
    'CSV, 10 fields': csvWork(10),
    'CSV, 100 fields': csvWork(100),
    'CSV, 500 fields': csvWork(500),
    'Parquet, 1 field': parquetWork(1),
    'Parquet, 10 fields': parquetWork(10),
    'Parquet, 100 fields': parquetWork(100),
    'Parquet, 500 fields': parquetWork(500),
  },
}

function writing(format: Format, compression: Compression): ContenderLoader<readonly WideRecord[]> {
  return {
    load: async () => {
      const write = await bySink(format, compression).load()
      return (pool, { directory }) => write(pool, { directory, records: pool.length })
    },
  }
}

function jsonlWork(fields: number): WideWork {
  return {
    prepare: (values) => makeWideRecords(Math.ceil(values / fields), fields),
    expectedOutput: (pool) => sumLines(pool, (record) => JSON.stringify(record)),
    readOutput: (directory) => sumFiles(directory, ''),
  }
}

function csvWork(fields: number): WideWork {
  const header = `${Object.keys(wideTable(fields).columns).join(',')}\n`
  return {
    ...jsonlWork(fields),
    // No value needs quotes.
    expectedOutput: (pool) => sumText(header, pool, (record) => `${Object.values(record).join(',')}\n`),
  }
}

function parquetWork(fields: number): WideWork {
  const table = wideTable(fields)
  return {
    ...jsonlWork(fields),
    expectedOutput: async (pool) => (await import('../tables/sum-table.ts')).sumPool(table, pool, pool.length),
    readOutput: (directory) => readParquetOutput(directory, table),
  }
}
