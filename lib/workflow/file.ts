/**
 * Workflow files: YAML, of which JSON is a part. Every problem is told with line and column. The only user of the
 * package yaml.
 */
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml'
import { messageOf, SpillwayError } from '../core/errors.ts'
import { resolveWorkflow, workflowError, type TextPosition } from './resolve.ts'
import type { KeyPath } from './checks.ts'
import type { ResolvedWorkflow } from './types.ts'

/** Options of {@link loadWorkflow}. */
export interface LoadWorkflowOptions {
  /** Names of the registered topologies; without it, the names in the file are not checked. */
  readonly topologies?: readonly string[]
}

/**
 * Reads and checks a workflow file. A workflow without a name gets that of the file.
 *
 * @param path - a file in YAML (1.2, with merge keys) or JSON
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_WORKFLOW` with every problem found, each as
 *   `<file>:<line>:<column>: <key>: <what is wrong>`
 */
export async function loadWorkflow(path: string, options: LoadWorkflowOptions = {}): Promise<ResolvedWorkflow> {
  return parseWorkflow(await readText(path), path, options)
}

/** What {@link loadWorkflow} does, for text that was read already. */
export function parseWorkflow(text: string, path: string, { topologies }: LoadWorkflowOptions = {}): ResolvedWorkflow {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true, stringKeys: true })
  const positionAt = (offset: number): TextPosition => {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }
  // A warning is a tag that YAML would have ignored: the value would silently not be what it says.
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
    // Aliases of aliases, which would unfold to more than memory holds.
    throw new SpillwayError('ERR_SPILLWAY_WORKFLOW', `${path}: it cannot be unfolded: ${messageOf(cause)}`, {
      cause,
      place: { path },
    })
  }
}

/** Where the key (or the item of a list) stands that `path` leads to, or as much of it as there is. */
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
