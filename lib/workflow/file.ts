/**
 * Workflow files in YAML, which includes JSON. Every problem is reported with line and column. This is the only file
 * that imports the package yaml.
 */
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml'
import { messageOf, SpillwayError } from '../core/errors.ts'
import { expectValue, listOfTexts, resolveOptions, text } from '../core/options.ts'
import { resolveWorkflow, workflowError, type TextPosition } from './resolve.ts'
import type { KeyPath } from './checks.ts'
import type { ResolvedWorkflow } from './types.ts'

/** Options of {@link loadWorkflow}. */
export interface LoadWorkflowOptions {
  /** Names of the registered topologies. @default the topology names in the file are not checked */
  readonly topologies?: readonly string[]
}

/**
 * Reads and checks a workflow file, and fills in the defaults. A workflow without a name gets the name of the file.
 *
 * @param path - a file in YAML (1.2, with merge keys) or JSON
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`; `ERR_SPILLWAY_IO` if the file cannot be read; `ERR_SPILLWAY_WORKFLOW` with every problem
 *   found, one per line, as `<file>:<line>:<column>: <key>: <problem>`
 */
export async function loadWorkflow(path: string, options: LoadWorkflowOptions = {}): Promise<ResolvedWorkflow> {
  expectValue('path', path, text)
  const resolved = resolveOptions<LoadWorkflowOptions, object>('loadWorkflow', options, { topologies: listOfTexts }, {})
  return parseWorkflow(await readText(path), path, resolved)
}

/** Does the same as {@link loadWorkflow} for text that was already read. */
export function parseWorkflow(text: string, path: string, { topologies }: LoadWorkflowOptions = {}): ResolvedWorkflow {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true, stringKeys: true })
  const positionAt = (offset: number): TextPosition => {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }
  // Warnings are errors here: they are about unknown tags, which would be ignored, and the value would not be as
  // tagged.
  const [flaw] = [...document.errors, ...document.warnings]
  if (flaw !== undefined) {
    const file = { path, positionOf: () => positionAt(flaw.pos[0]) }
    throw workflowError([{ path: [], message: flaw.message }], { file })
  }
  const file = {
    path,
    positionOf(keyPath: KeyPath) {
      const offset = offsetOf(document, keyPath)
      return offset === undefined ? undefined : positionAt(offset)
    },
  }
  return resolveWorkflow(contentOf(document, path), {
    file,
    defaultName: basename(path, extname(path)),
    ...(topologies !== undefined && { topologies }),
  })
}

function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    // Aliases of aliases, which would expand to more than fits into memory.
    throw new SpillwayError('ERR_SPILLWAY_WORKFLOW', `${path}: its aliases cannot be expanded: ${messageOf(cause)}`, {
      cause,
      place: { path },
    })
  }
}

/** The offset of the key or list item at `path`, or of the deepest part of the path that exists. */
function offsetOf(document: Document, path: KeyPath): number | undefined {
  let node: unknown = document.contents
  let offset = rangeStart(node)
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(({ key: name }) => isScalar(name) && name.value === key)
      if (pair === undefined) break
      offset = rangeStart(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = rangeStart(node) ?? offset
    } else break
  }
  return offset
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new SpillwayError('ERR_SPILLWAY_IO', `Cannot read the workflow file ${path}: ${messageOf(cause)}`, {
      cause,
      place: { path },
    })
  }
}
