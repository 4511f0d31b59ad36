/**
 * Packs the package as it would be published, unpacks it into empty projects beside its production dependencies,
 * and uses it from there as a user would: by `import`, by `require`, and from TypeScript.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { linksOf } from './helpers/documents.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const workspace = mkdtempSync(join(tmpdir(), 'spillway-package-'))
t.teardown(() => rmSync(workspace, { recursive: true, force: true }))

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  exports: Record<string, unknown>
}
const dependencies = Object.keys(manifest.dependencies)
const parquet = ['parquetjs-lite', 'hyparquet']

/** The modules of `spillway/sinks/`, each with a name that it exports. */
const sinkModules = {
  'record-sink': 'RecordSink',
  'jsonl-sink': 'JsonlSink',
  'csv-sink': 'CsvSink',
  'parquet-sink': 'ParquetSink',
  'read-parquet': 'readParquet',
  'repair-parquet': 'repairParquet',
}

run('npm', ['pack', '--pack-destination', workspace], root)
run('tar', ['-xzf', readdirSync(workspace).find((name) => name.endsWith('.tgz')) ?? 'no tarball'], workspace)
const unpacked = join(workspace, 'package')

t.test('ships the build, the documents, the manifest, the licence, and no sources or tests', async (t) => {
  t.strictSame(readdirSync(join(unpacked, 'dist')).sort(), ['benchmarks', 'lib', 'sinks', 'transforms'])
  const documents = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md']
  t.strictSame(readdirSync(unpacked).sort(), [...documents, 'dist', 'docs', 'package.json'])
  const sources = readdirSync(join(unpacked, 'dist'), { recursive: true, encoding: 'utf8' })
  t.strictSame(
    sources.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name)),
    [],
  )
})

t.test('links of its documents lead to files that it ships', async (t) => {
  const documents = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
  t.ok(documents.includes(join('docs', 'options.md')))
  const missing = documents.flatMap((name) => {
    const targets = linksOf(readFileSync(join(unpacked, name), 'utf8')).filter((link) => !/^(https?:|#)/.test(link))
    const lost = targets.filter((link) => !existsSync(join(unpacked, dirname(name), link.replace(/#.*/, ''))))
    return lost.map((link) => `${name}: ${link}`)
  })
  t.strictSame(missing, [])
})

t.test('ships the benchmark harness without the cases and what is only theirs', async (t) => {
  const modules = readdirSync(join(unpacked, 'dist/benchmarks'))
  t.ok(['index.js', 'index.d.ts', 'bench-child.js'].every((name) => modules.includes(name)))
  t.strictSame(
    modules.filter((name) => name.startsWith('cli.') || !name.includes('.')),
    [],
  )
})

t.test('is used by import', async (t) => {
  const project = makeProject('by-import', dependencies)
  const source = `
    import { once } from 'node:events'
    import { ResultStreamer } from 'spillway'
    import { BufferingTransform } from 'spillway/transforms'
    import * as sinks from 'spillway/sinks'
    import { CsvSink } from 'spillway/sinks/csv-sink'
    import { bench } from 'spillway/benchmarks'
    import { faultyTarget } from 'spillway/testing'
    import manifest from 'spillway/package.json' with { type: 'json' }
    const sink = new CsvSink({ path: 'out.csv', openTarget: faultyTarget({ shortWriteBytes: 5 }) })
    sink.end({ phase: 'search', container: 'c1' })
    await once(sink, 'close')
    report({ ResultStreamer, BufferingTransform, CsvSink, same: sinks.CsvSink === CsvSink, bench, name: manifest.name })
  `
  t.strictSame(runScript(project, 'main.mjs', source), {
    ResultStreamer: 'function',
    BufferingTransform: 'function',
    CsvSink: 'function',
    same: true,
    bench: 'function',
    name: 'spillway',
  })
  t.match(readFileSync(join(project, 'out.csv'), 'utf8'), /^phase,container\r?\nsearch,c1\r?\n$/)
})

t.test('is used by require', async (t) => {
  const project = makeProject('by-require', dependencies)
  const source = `
    const { ResultStreamer } = require('spillway')
    const { BufferingTransform } = require('spillway/transforms')
    const sinks = require('spillway/sinks')
    const { CsvSink } = require('spillway/sinks/csv-sink')
    const { killingTarget } = require('spillway/testing')
    report({ ResultStreamer, BufferingTransform, CsvSink, same: sinks.CsvSink === CsvSink, killingTarget })
  `
  t.strictSame(runScript(project, 'main.cjs', source), {
    ResultStreamer: 'function',
    BufferingTransform: 'function',
    CsvSink: 'function',
    same: true,
    killingTarget: 'function',
  })
})

t.test('exports each sink, the reader and the repair as a module of its own', async (t) => {
  const project = makeProject('modules', dependencies)
  const source = `
    import * as sinks from 'spillway/sinks'
    const modules = ${JSON.stringify(sinkModules)}
    const same = []
    for (const [module, name] of Object.entries(modules)) {
      const loaded = await import('spillway/sinks/' + module)
      same.push([module, typeof loaded[name], loaded[name] === sinks[name]])
    }
    report({ same })
  `
  const exported = Object.keys(manifest.exports).filter((name) => name.startsWith('./sinks/'))
  t.strictSame(
    exported,
    Object.keys(sinkModules).map((module) => `./sinks/${module}`),
  )
  const expected = Object.keys(sinkModules).map((module) => [module, 'function', true])
  t.strictSame(runScript(project, 'main.mjs', source), { same: expected })
})

t.test('writes CSV where the packages for Parquet cannot be loaded', async (t) => {
  const project = makeProject(
    'csv-only',
    dependencies.filter((name) => !parquet.includes(name)),
  )
  const source = `
    import { once } from 'node:events'
    import { CsvSink } from 'spillway/sinks/csv-sink'
    const missing = await Promise.all(${JSON.stringify(parquet)}.map((name) => import(name).catch(({ code }) => code)))
    const sink = new CsvSink({ path: 'out.csv' })
    sink.end({ phase: 'search', container: 'c1' })
    await once(sink, 'close')
    report({ missing })
  `
  t.strictSame(runScript(project, 'main.mjs', source), { missing: parquet.map(() => 'ERR_MODULE_NOT_FOUND') })
  t.match(readFileSync(join(project, 'out.csv'), 'utf8'), 'search,c1')
})

t.test('keeps its inner modules to itself', async (t) => {
  const project = makeProject('inner', dependencies)
  const inner = [
    'spillway/lib/core/batch',
    'spillway/dist/lib/index.js',
    'spillway/sinks/record-files',
    'spillway/sinks/writers',
    'spillway/sinks/files/file-target',
    'spillway/sinks/readers/read-parquet',
    'spillway/sinks/parquet/parquet-writer',
    'spillway/transforms/aggregation-tee',
  ]
  const source = `
    const codes = await Promise.all(${JSON.stringify(inner)}.map((name) => import(name).catch(({ code }) => code)))
    report({ codes })
  `
  t.strictSame(runScript(project, 'main.mjs', source), { codes: inner.map(() => 'ERR_PACKAGE_PATH_NOT_EXPORTED') })
})

t.test('its types compile in a strict project that checks libraries too', async (t) => {
  const project = makeProject('types', [...dependencies, '@types/node'])
  const source = `
    import type { Writable } from 'node:stream'
    import { ResultStreamer } from 'spillway'
    import * as transforms from 'spillway/transforms'
    import * as sinks from 'spillway/sinks'
    import { CsvSink } from 'spillway/sinks/csv-sink'
    import { readParquet, type ParquetInfo } from 'spillway/sinks/read-parquet'
    import { repairParquet, type ParquetRepair } from 'spillway/sinks/repair-parquet'
    import * as benchmarks from 'spillway/benchmarks'
    import * as testing from 'spillway/testing'
    export const sink: Writable = new CsvSink({ path: 'out.csv' })
    export const streamer: Writable = new ResultStreamer({ workflowId: 'w', outputDir: 'out', format: 'csv' })
    // @ts-expect-error -- no such option: the options are typed, not any
    export const wrong = new CsvSink({ path: 'out.csv', nonsense: true })
    export const repair: (path: string) => Promise<ParquetRepair> = repairParquet
    export { transforms, sinks, benchmarks, testing, readParquet, type ParquetInfo }
  `
  writeFileSync(join(project, 'main.ts'), source)
  t.equal(compile(project, 'main.ts', { module: 'nodenext' }), '')
})

t.test('its types compile in CommonJS, where the compiler does not know that require() loads ES modules', async (t) => {
  const project = makeProject('cjs-types', [...dependencies, '@types/node'])
  writeFileSync(join(project, 'package.json'), '{ "type": "commonjs" }')
  const source = `
    ${Object.keys(manifest.exports)
      .filter((name) => name !== './package.json')
      .map((name, n) => `import * as module${n} from 'spillway${name.slice(1)}'; export { module${n} }`)
      .join('\n')}
    import { CsvSink, SpillwayError, type RecordSinkOptions } from 'spillway'
    export const sink = new CsvSink({ path: 'out.csv' })
    // @ts-expect-error -- no such option: the options are typed, not any
    export const wrong = new CsvSink({ path: 'out.csv', nonsense: true })
    export const isOurs = (error: unknown): boolean => error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_IO'
    export type Options = RecordSinkOptions
    // The same class, by import() of the ES module.
    export const same = async (): Promise<CsvSink> => new (await import('spillway')).CsvSink({ path: 'out.csv' })
  `
  writeFileSync(join(project, 'main.ts'), source)
  t.equal(compile(project, 'main.ts', { module: 'node16', moduleResolution: 'node16' }), '')
})

/** An empty project that has spillway installed, and of all other packages only those named. */
function makeProject(name: string, packages: readonly string[]): string {
  const project = join(workspace, name)
  const modules = join(project, 'node_modules')
  cpSync(unpacked, join(modules, 'spillway'), { recursive: true })
  for (const dependency of packages) {
    mkdirSync(dirname(join(modules, dependency)), { recursive: true })
    symlinkSync(join(root, 'node_modules', dependency), join(modules, dependency), 'junction')
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  return project
}

/** Compiles a file of `project`, strictly and with the declarations of all packages, and returns the errors. */
function compile(project: string, file: string, options: Readonly<Record<string, string>>): string {
  const common = { strict: true, skipLibCheck: false, noEmit: true, target: 'es2023', types: ['node'] }
  const compilerOptions = { ...common, ...options }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  return run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--pretty', 'false'], project)
}

/** Runs a script in `project` and returns what it reports: values as they are, functions by the word. */
function runScript(project: string, file: string, source: string): unknown {
  const report = `function report(values) {
    console.log(JSON.stringify(values, (_, value) => typeof value === 'function' ? 'function' : value))
  }`
  writeFileSync(join(project, file), `${source}\n${report}\n`)
  return JSON.parse(run(process.execPath, [file], project))
}

/** Runs a command outside the loaders of the test runner; its failure shows all it printed. */
function run(command: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, NODE_OPTIONS: '', TAP: '', npm_config_loglevel: 'error' }
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout ?? ''}${stderr ?? ''}`, { cause: error })
  }
}
