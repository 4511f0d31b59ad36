/** Reads and changes files of checked lines. */
import { readFileSync, writeFileSync } from 'node:fs'
import { CheckedLines } from '../../sinks/files/checked-lines.ts'

/** Replaces the texts of the lines, and gives each line its right checksum. */
export function changeCheckedLines(path: string, change: (json: string) => string): void {
  const lines = new CheckedLines()
  writeFileSync(
    path,
    textsIn(path)
      .map((text) => lines.make(change(text)))
      .join(''),
  )
}

/** The lines of a file without their checksums. */
export function textsIn(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1).map(withoutChecksum)
}

function withoutChecksum(line: string): string {
  return line.replace(/,"lineCrc32":\d+\}$/, '}')
}
