/**
 * Text files as input of contenders that read.
 */
import { closeSync, openSync, writeSync } from 'node:fs'

/** A file and its size. */
export interface InputFile {
  readonly path: string
  readonly bytes: number
}

const CHUNK = 256 * 1024

/** Writes `lines` to a new file, each with a line feed after it. */
export function writeLines(path: string, lines: Iterable<string>): InputFile {
  const file = openSync(path, 'wx')
  let [text, bytes] = ['', 0]
  const write = () => {
    bytes += writeSync(file, text)
    text = ''
  }
  for (const line of lines) {
    text += `${line}\n`
    if (text.length >= CHUNK) write()
  }
  write()
  closeSync(file)
  return { path, bytes }
}
