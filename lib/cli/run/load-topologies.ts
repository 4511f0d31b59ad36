/**
 * Loads the module that exports the user's topologies, in JavaScript or TypeScript.
 */
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { tsImport } from 'tsx/esm/api'
import { errnoOf, messageOf, SpillwayError } from '../../core/errors.ts'
import { describeValue } from '../../core/options.ts'
import { checkTopology, isTopology, type Topology } from '../../workflow/topology.ts'

/** Error codes of Node.js for TypeScript it cannot run: any TypeScript, or syntax that emits code, such as enums. */
const NEEDS_TSX = new Set(['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'])

type Module = Readonly<Record<string, unknown>>

/**
 * The topologies that a module exports, by name: named exports, or the properties of a default object. Other exports
 * are ignored.
 *
 * @param file - `.js`, `.mjs`, `.cjs` or `.ts`; before Node.js 22.18, `.ts` needs the package tsx
 * @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` if the module is missing, cannot be loaded, or exports no topology
 */
export async function loadTopologies(file: string): Promise<Readonly<Record<string, Topology>>> {
  const path = resolve(file)
  let loaded: Module
  try {
    await access(path)
    loaded = await load(path)
  } catch (cause) {
    throw cause instanceof SpillwayError ? cause : unloadable(file, cause)
  }
  const topologies = topologiesOf(loaded, file)
  if (Object.keys(topologies).length > 0) return topologies
  throw new SpillwayError(
    'ERR_SPILLWAY_TOPOLOGY',
    `${file} exports no topology: export objects with \`containers(ctx)\` and \`run(spec, ctx)\`, each by its name or all in one default object. It exports ${describeExports(loaded)}`,
    { place: { path: file } },
  )
}

async function load(path: string): Promise<Module> {
  const { href } = pathToFileURL(path)
  try {
    return (await import(href)) as Module
  } catch (error) {
    if (!NEEDS_TSX.has(errnoOf(error) ?? '')) throw error
    const tsx = await loadTsx(path)
    return (await tsx.tsImport(href, import.meta.url)) as Module
  }
}

/** The only place that imports tsx, an optional peer dependency. */
async function loadTsx(path: string): Promise<{ readonly tsImport: typeof tsImport }> {
  try {
    return await import('tsx/esm/api')
  } catch (cause) {
    if (errnoOf(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new SpillwayError(
      'ERR_SPILLWAY_TOPOLOGY',
      `${path} is TypeScript, which Node.js ${process.versions.node} cannot run directly. Install tsx (npm install tsx), or use Node.js 22.18 or later.`,
      { cause, place: { path } },
    )
  }
}

/** Named exports that are topologies, and those of the default object. */
function topologiesOf(loaded: Module, file: string): Record<string, Topology> {
  const { default: byDefault, ...named } = loaded
  const topologies: Record<string, Topology> = Object.create(null) as Record<string, Topology>
  for (const [name, value] of Object.entries(named)) {
    if (isTopology(value)) topologies[name] = value
    else if (isAlmostTopology(value)) checkTopology(`${name} of ${file}`, value)
  }
  if (typeof byDefault !== 'object' || byDefault === null) return topologies
  if (isAlmostTopology(byDefault)) {
    throw new SpillwayError(
      'ERR_SPILLWAY_TOPOLOGY',
      `The default export of ${file} is a topology without a name: export it under the name that the workflow uses.`,
      { place: { path: file } },
    )
  }
  for (const [name, value] of Object.entries(byDefault)) {
    checkTopology(`${name} of ${file}`, value)
    topologies[name] = value as Topology
  }
  return topologies
}

/** Whether a value has one of the methods of a topology, and so is probably meant to be one. */
function isAlmostTopology(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { containers, run } = value as { containers?: unknown; run?: unknown }
  return typeof containers === 'function' || typeof run === 'function'
}

function describeExports(loaded: Module): string {
  const entries = Object.entries(loaded).filter(([name]) => name !== 'module.exports')
  if (entries.length === 0) return 'nothing.'
  return `${entries.map(([name, value]) => `${name} (${describeValue(value)})`).join(', ')}.`
}

function unloadable(file: string, cause: unknown): SpillwayError {
  const reason = errnoOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause)
  // A SyntaxError of `import()` does not include the line.
  const hint =
    cause instanceof SyntaxError ? `. \`node --check ${file}\` shows the line, if the error is in that file` : ''
  return new SpillwayError('ERR_SPILLWAY_TOPOLOGY', `The topologies in ${file} cannot be loaded: ${reason}${hint}`, {
    cause,
    place: { path: file },
  })
}
