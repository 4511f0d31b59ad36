/**
 * Reads the imports of every source file and compares them with the layers of the project,
 * `node:* -> lib/core -> {transforms, sinks} -> lib -> test, benchmarks, examples`, and with the table of its rooms.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

interface Import {
  /** File that holds the import, from the root of the project. */
  readonly file: string
  readonly specifier: string
  /** The imported file, or the name of the package. */
  readonly target: string
  readonly kind: 'file' | 'package' | 'node'
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const library = ['lib/core', 'lib', 'transforms', 'sinks']

/** Whose files each layer may import. A file belongs to the first layer listed that holds it. */
const layers: Readonly<Record<string, readonly string[]>> = {
  'lib/core': ['lib/core'],
  transforms: ['lib/core', 'transforms'],
  sinks: ['lib/core', 'sinks'],
  lib: library,
  benchmarks: [...library, 'benchmarks'],
  examples: [...library, 'benchmarks', 'examples'],
  test: [...library, 'benchmarks', 'examples', 'test'],
}

/**
 * The rooms of the library, and the rooms that each one imports. A room is a folder; each file at the top of `lib`,
 * `sinks` and `transforms` is a room of its own. Every room may import `lib/core`.
 */
const arrows: Readonly<Record<string, string>> = {
  'lib/cli':
    'lib/cli/convert lib/cli/run lib/cli/terminal lib/monitor lib/reading lib/recovery lib/workflow sinks/options sinks/readers',
  'lib/cli/convert':
    'lib/cli/terminal lib/reading sinks/columns sinks/dead-letter-file sinks/files sinks/options sinks/readers sinks/record-sink sinks/text sinks/values transforms/parsing',
  'lib/cli/run':
    'lib/cli/terminal lib/coordinator lib/journal lib/monitor lib/result-streamer lib/run lib/streaming lib/workflow sinks/options transforms/aggregate',
  'lib/cli/terminal': 'sinks/files',
  'lib/coordinator':
    'lib/data-flow-manager lib/execution lib/journal lib/recovery lib/result-streamer lib/run lib/sequencer lib/streaming lib/workflow sinks/files',
  'lib/data-flow-manager': 'lib/outputs',
  'lib/distributed-result-collector': 'lib/collector',
  'lib/execution': 'lib/outputs lib/streaming lib/workflow sinks/columns sinks/files sinks/values transforms/aggregate',
  'lib/journal': 'lib/execution lib/outputs lib/streaming lib/workflow sinks/files sinks/part transforms/aggregate',
  'lib/monitor': 'lib/execution lib/journal lib/run lib/streaming lib/workflow',
  'lib/outputs': 'sinks/columns sinks/files sinks/readers sinks/record-sink sinks/values',
  'lib/reading': 'sinks/columns sinks/options sinks/part sinks/readers sinks/text sinks/values transforms/parsing',
  'lib/recovery':
    'lib/data-flow-manager lib/execution lib/journal lib/outputs lib/reading lib/run lib/streaming lib/workflow sinks/files transforms/aggregate',
  'lib/result-streamer': 'lib/streaming transforms/aggregate',
  'lib/run':
    'lib/data-flow-manager lib/execution lib/journal lib/outputs lib/reading lib/result-streamer lib/streaming lib/workflow sinks/columns sinks/files sinks/part transforms/aggregate',
  'lib/sequencer': 'lib/execution lib/outputs lib/workflow',
  'lib/streaming':
    'sinks/dead-letter-file sinks/files sinks/options sinks/part sinks/record-sink transforms/aggregate transforms/aggregation-tee transforms/buffering-transform',
  'lib/testing': 'lib/execution lib/outputs lib/workflow sinks/files sinks/values transforms/aggregate',
  'lib/workflow': 'lib/outputs lib/streaming sinks/text transforms/aggregate',
  'sinks/columns': 'sinks/values',
  'sinks/csv-sink': 'sinks/options sinks/record-sink',
  'sinks/dead-letter-file': 'sinks/files sinks/options sinks/values',
  'sinks/drift': 'sinks/options sinks/values',
  'sinks/files': 'sinks/record-writer',
  'sinks/jsonl-sink': 'sinks/options sinks/record-sink',
  'sinks/open-rows': 'sinks/files sinks/record-writer',
  'sinks/options': 'sinks/columns sinks/files sinks/parquet/compression sinks/text sinks/values',
  'sinks/parquet':
    'sinks/columns sinks/parquet/compression sinks/parquet/encoding sinks/parquet/thrift sinks/record-writer sinks/values',
  'sinks/parquet-sink': 'sinks/options sinks/record-sink',
  'sinks/parquet/compression': 'sinks/parquet/thrift',
  'sinks/parquet/encoding': 'sinks/columns sinks/values',
  'sinks/part': 'sinks/columns sinks/files sinks/record-writer sinks/values',
  'sinks/part-series': 'sinks/files sinks/options',
  'sinks/readers':
    'sinks/columns sinks/files sinks/parquet sinks/parquet/compression sinks/parquet/thrift sinks/values',
  'sinks/record-files':
    'sinks/columns sinks/drift sinks/open-rows sinks/options sinks/part sinks/part-series sinks/values sinks/writers',
  'sinks/record-sink': 'sinks/dead-letter-file sinks/options sinks/record-files sinks/repeated-objects',
  'sinks/record-writer': 'sinks/values',
  'sinks/text': 'sinks/columns sinks/record-writer sinks/values',
  'sinks/writers': 'sinks/columns sinks/options sinks/parquet sinks/record-writer sinks/text',
  'transforms/aggregation-tee': 'transforms/aggregate',
  'transforms/buffering-transform': 'transforms/buffering',
}

/** Source files that a folder may hold: more than that, and a newcomer finds nothing in it. */
const MAX_FILES = 24

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}
const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })

const imports = Object.keys(layers)
  .filter((layer) => layer !== 'lib/core')
  .flatMap(sourceFiles)
  .flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')))
const fromLibrary = imports.filter(({ file }) => isLibrary(file))

t.test('sees every form of import', async (t) => {
  const source = `
    import a from './a.ts'
    import type { B } from './b.ts'
    import './c.ts'
    export * from './d.ts'
    const e = await import('./e.ts')
    type F = import('./f.ts').F
    // import g from './g.ts'
    import sync from '@scope/name/sync'
    import split from 'split2'
    import fs from 'node:fs'
  `
  t.strictSame(
    importsOf('sinks/x/y.ts', source).map(({ target, kind }) => `${kind} ${target}`),
    [
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `file sinks/x/${name}.ts`),
      'package @scope/name',
      'package split2',
      'node node:fs',
    ],
  )
})

t.test('each layer imports only from the layers below it', async (t) => {
  const wrong = imports.filter(({ kind, file, target }) => {
    return kind === 'file' && !(layers[layerOf(file)] ?? []).includes(layerOf(target))
  })
  t.strictSame(wrong.map(describe), [])
})

t.test('lib/core needs nothing but node', async (t) => {
  const wrong = imports.filter(({ kind, file }) => kind === 'package' && layerOf(file) === 'lib/core')
  t.strictSame(wrong.map(describe), [])
})

t.test('entry points are for users: nothing inside imports an index.ts', async (t) => {
  const wrong = fromLibrary.filter(({ kind, target }) => kind === 'file' && posix.basename(target) === 'index.ts')
  t.strictSame(wrong.map(describe), [])
})

t.test('each room imports the rooms that the table names, and no other', async (t) => {
  const found = new Map(Object.keys(arrows).map((room) => [room, new Set<string>()]))
  for (const { kind, file, target } of fromLibrary) {
    const [from, to] = [roomOf(file), roomOf(target)]
    if (kind !== 'file' || isEntry(file) || from === to || to === 'lib/core') continue
    found.set(from, (found.get(from) ?? new Set()).add(to))
  }
  const rooms = [...found].map(([room, targets]) => [room, [...targets].sort().join(' ')])
  t.strictSame(Object.fromEntries(rooms), arrows)
})

t.test('no room imports itself through other rooms', async (t) => {
  t.strictSame(cycles(new Map(Object.entries(arrows).map(([room, targets]) => [room, targets.split(' ')]))), [])
})

t.test(`no folder holds more than ${MAX_FILES} source files`, async (t) => {
  const counts = new Map<string, number>()
  for (const file of ['lib', 'transforms', 'sinks'].flatMap(sourceFiles)) {
    const folder = posix.dirname(file)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  t.strictSame(
    [...counts].filter(([, files]) => files > MAX_FILES),
    [],
  )
})

t.test('the orchestrators do not know each other: the coordinator knows them', async (t) => {
  const orchestrators = ['sequencer', 'result-streamer', 'data-flow-manager', 'distributed-result-collector']
  const paths = orchestrators.map((name) => `lib/${name}.ts`)
  const wrong = fromLibrary.filter(({ file, target }) => paths.includes(file) && paths.includes(target))
  t.strictSame(wrong.map(describe), [])
})

t.test('the kit for tests is known to no other part of the library', async (t) => {
  const isKit = (file: string) => file.startsWith('lib/testing/')
  const wrong = fromLibrary.filter(({ kind, file, target }) => kind === 'file' && !isKit(file) && isKit(target))
  t.strictSame(wrong.map(describe), [])
})

t.test('the library imports packages that are installed with it', async (t) => {
  const wrong = fromLibrary.filter(({ kind, target }) => kind === 'package' && !dependencies.includes(target))
  t.strictSame(wrong.map(describe), [])
})

t.test('each package is known to one file of the library', async (t) => {
  for (const dependency of dependencies) {
    const users = new Set(fromLibrary.filter(({ target }) => target === dependency).map(({ file }) => file))
    t.equal(users.size, 1, `${dependency} is imported by ${[...users].join(' and ') || 'no file'}`)
  }
})

t.test('no file imports itself, be it through others', async (t) => {
  t.strictSame(
    cycles(
      new Map([
        ['a', ['b']],
        ['b', ['c', 'd']],
        ['c', ['a']],
        ['d', []],
      ]),
    ),
    ['a -> b -> c -> a'],
  )
  const graph = new Map<string, string[]>()
  for (const { kind, file, target } of imports) {
    if (kind === 'file') graph.set(file, [...(graph.get(file) ?? []), target])
  }
  t.strictSame(cycles(graph), [])
})

function sourceFiles(directory: string): string[] {
  if (!existsSync(join(root, directory))) return []
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .map((name) => posix.join(directory, name.replaceAll('\\', '/')))
    .sort()
}

function importsOf(file: string, source: string): Import[] {
  return specifiersOf(ts.createSourceFile(file, source, ts.ScriptTarget.Latest)).map((specifier) => {
    if (specifier.startsWith('.')) {
      return { file, specifier, target: posix.join(posix.dirname(file), specifier), kind: 'file' }
    }
    if (isBuiltin(specifier)) return { file, specifier, target: specifier, kind: 'node' }
    const parts = specifier.split('/')
    const target = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
    return { file, specifier, target, kind: 'package' }
  })
}

/** The module specifiers of a file, in order: of declarations, of `import()` calls and of `import()` types. */
function specifiersOf(node: ts.Node): string[] {
  const found: string[] = []
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) note(node.moduleSpecifier)
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) note(node.arguments[0])
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal)
  ts.forEachChild(node, (child) => {
    found.push(...specifiersOf(child))
  })
  return found

  function note(specifier: ts.Node | undefined): void {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push(specifier.text)
  }
}

function layerOf(file: string): string {
  return Object.keys(layers).find((layer) => file.startsWith(`${layer}/`)) ?? 'outside'
}

/** The folder of a file, or the file itself where it stands at the top of a layer. */
function roomOf(file: string): string {
  const folder = posix.dirname(file)
  return ['lib', 'sinks', 'transforms'].includes(folder) ? file.replace(/\.ts$/, '') : folder
}

/** Whether a file is there for users only: it may export from everywhere. */
function isEntry(file: string): boolean {
  return posix.basename(file) === 'index.ts'
}

function isLibrary(file: string): boolean {
  return library.includes(layerOf(file))
}

function describe({ file, specifier }: Import): string {
  return `${file} imports ${specifier}`
}

/** One cycle for every edge that closes one, by depth-first search. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start !== -1) found.push([...path.slice(start), file].join(' -> '))
    if (start !== -1 || done.has(file)) return
    for (const target of graph.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}
