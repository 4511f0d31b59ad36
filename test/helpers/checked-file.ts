/** Changes a file of checked lines as somebody could who knows the checksums. */
import { readFileSync, writeFileSync } from 'node:fs'
import { CheckedLines } from '../../sinks/files/checked-lines.ts'

/** Replaces the text of the lines, and gives each line its right checksum. */
export function changeCheckedLines(path: string, change: (json: string) => string): void {
  const lines = new CheckedLines()
  const texts = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  writeFileSync(path, texts.map((text) => lines.make(change(text.replace(/,"lineCrc32":\d+\}$/, '}')))).join(''))
}
