/**
 * The documents of the project as their tests see them: sections, blocks of code, tables and links.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** The root of the project. */
export const root = join(import.meta.dirname, '../..')

/** The documents for users whose code runs in a test, by their paths from the root. */
export const guides: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => posix.join('docs', name)),
]

/** A fenced block of code. */
interface CodeBlock {
  readonly language: string
  /** The file that the block is: its title, or the name in a comment that is its first line. */
  readonly file: string | undefined
  readonly code: string
  /** Line of the document that the code begins on, counted from 1. */
  readonly line: number
}

/** A heading and what stands below it, up to the next heading. */
export interface Section {
  /** The text of the heading, without the marks around code. */
  readonly heading: string
  readonly text: string
  readonly blocks: readonly CodeBlock[]
}

const FENCE = /^```(\w+)(?: title="([^"]+)")?\n([\s\S]*?)^```$/gm
const FILE_COMMENT = /^(?:\/\/|#) ([\w./-]+\.\w+)\n/

/** Reads a document. */
export function readDocument(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The sections of a document, in order; what stands before the first heading has an empty one. */
export function sectionsOf(document: string): Section[] {
  const lines = document.split('\n')
  const starts = [0]
  let isCode = false
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('```')) isCode = !isCode
    else if (!isCode && index > 0 && /^#+ /.test(line)) starts.push(index)
  }
  return starts.map((start, place) => {
    const text = lines.slice(start, starts[place + 1]).join('\n')
    const [, heading = ''] = /^#+ (.*)/.exec(text) ?? []
    return { heading: heading.replaceAll('`', ''), text, blocks: blocksOf(text, start + 1) }
  })
}

/** The rows of the first table in a text, each as its cells; the heading and the rule below it are left out. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('|'))
  if (start === -1) return []
  const after = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
  return lines.slice(start + 2, after === -1 ? undefined : after).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  )
}

/** What stands between back quotes in a text, in order. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? '')
}

/** The targets of the links in a document, code left out. */
export function linksOf(document: string): string[] {
  const prose = document.replace(FENCE, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
}

/** The anchors of a document: those that a page makes of its headings. */
export function anchorsOf(document: string): string[] {
  return sectionsOf(document).map(({ heading }) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function blocksOf(text: string, firstLine: number): CodeBlock[] {
  return [...text.matchAll(FENCE)].map(({ index, 1: language = '', 2: title, 3: code = '' }) => ({
    language,
    file: title ?? FILE_COMMENT.exec(code)?.[1],
    code,
    line: firstLine + text.slice(0, index).split('\n').length,
  }))
}
