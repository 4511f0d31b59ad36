/**
 * The readers of JSON lines that a case compares.
 */
import { createReadStream } from 'node:fs'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import split2 from 'split2'
import { parseJsonl, type ParseJsonlOptions } from '../../transforms/parsing/parse-jsonl.ts'
import type { Contender, Job } from '../bench-case.ts'
import { tallySink } from '../streams/tally-sink.ts'
import { saveTallies, Tally } from '../tally.ts'
import type { InputFile } from '../text/write-lines.ts'

/** Adds the records of a line to a tally. */
type AddLine<Line> = (line: Line, tally: Tally) => void

/** The simplest way to read JSON lines. */
export function bySplit2<Line>(add: AddLine<Line>): Contender<InputFile> {
  return (input, job) => read(split2(JSON.parse), add, input, job)
}

/** The toolkit's parser. */
export function byParseJsonl<Line>(add: AddLine<Line>, options?: ParseJsonlOptions): Contender<InputFile> {
  return (input, job) => read(parseJsonl(options), add, input, job)
}

async function read<Line>(parser: Transform, add: AddLine<Line>, { path, bytes }: InputFile, job: Job): Promise<void> {
  const tally = new Tally()
  await pipeline(
    createReadStream(path),
    parser,
    tallySink((line: Line) => add(line, tally)),
  )
  await saveTallies(job.directory, [tally], bytes)
}
