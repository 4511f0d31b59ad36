/**
 * `spillway convert` from CSV to JSON lines, compared with a pipeline of common streams: the bars of the S&P 500,
 * repeated. It reads its input twice, first for the types of the columns, which the other contender is given.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import type { BenchCase, Job } from '../bench-case.ts'
import { bySpillway } from '../conversion/by-spillway.ts'
import { cycle } from '../records.ts'
import { readBarLines, toBar } from '../tables/bars.ts'
import { writeLines, type InputFile } from '../text/write-lines.ts'
import { sumFiles, sumLines } from '../text-output.ts'

export const benchCase: BenchCase<InputFile> = {
  name: 'convert-csv-to-jsonl',
  records: 500_000,
  prepare: (records, directory) => {
    const { header, lines } = readBarLines()
    return writeLines(join(directory, 'in.csv'), withHeader(header, cycle(lines, records)))
  },
  expectedOutput: (_input, records) =>
    sumLines(cycle(readBarLines().lines, records), (line) => JSON.stringify(toBar(line))),
  readOutput: (directory) => sumFiles(directory, '.jsonl'),
  contenders: {
    'csv-parse -> JSON.stringify': naive,
    'spillway convert': ({ path }, job) => bySpillway(path, pathIn(job)),
  },
  subjects: ['spillway convert'],
  packages: ['csv-parse', 'vega-datasets'],
}

function* withHeader(header: string, lines: Iterable<string>): Generator<string, void, undefined> {
  yield header
  yield* lines
}

async function naive({ path }: InputFile, job: Job): Promise<void> {
  const parser = parse({
    columns: true,
    cast: (cell, { header, column }) => (header || column === 'date' ? cell : Number(cell)),
  })
  const stringify = new Transform({
    writableObjectMode: true,
    transform: (record, _encoding, callback) => callback(null, `${JSON.stringify(record)}\n`),
  })
  await pipeline(createReadStream(path), parser, stringify, createWriteStream(pathIn(job)))
}

function pathIn({ directory }: Job): string {
  return join(directory, 'out.jsonl')
}
