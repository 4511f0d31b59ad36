/**
 * The loader behind `typescript.mjs`. What TypeScript made of a file is kept under a hash of all that it was made from,
 * so that an entry is never out of date and processes can share it. `rm -r node_modules/.cache/spillway-tests` is safe.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const config = `${root}tsconfig.json`
const cache = `${root}node_modules/.cache/spillway-tests/`
const require = createRequire(import.meta.url)

/** Results depend on these as much as on the file. */
const settings = [require('typescript/package.json').version, readFileSync(config, 'utf8')]

/** `load` of Node.js's module hooks. */
export async function load(url, context, nextLoad) {
  if (!/^file:[^?#]*\.m?ts$/.test(url)) return nextLoad(url, context)
  return { format: 'module', source: transpiled(fileURLToPath(url)), shortCircuit: true }
}

function transpiled(path) {
  const text = readFileSync(path, 'utf8')
  const entry = entryOf(path, text)
  try {
    return readFileSync(entry, 'utf8')
  } catch {
    mkdirSync(cache, { recursive: true })
    return fillCache(path, text, entry)
  }
}

function entryOf(path, text) {
  const hash = createHash('sha256')
    .update(JSON.stringify([settings, path, text]))
    .digest('hex')
  return `${cache}${hash}.js`
}

/**
 * Transpiles one file, and all others of the project that are not in the cache: TypeScript takes longer to load than
 * most tests take, so few processes should load it.
 */
function fillCache(path, text, entry) {
  const ts = require('typescript')
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} }
  const { options, fileNames } = ts.getParsedCommandLineOfConfigFile(config, {}, host)
  const { target, verbatimModuleSyntax } = options
  // Every file is an ES module; `nodenext` would look for the package.json of a file that it is given as text.
  const compilerOptions = { target, verbatimModuleSyntax, module: ts.ModuleKind.ESNext, inlineSourceMap: true }
  const add = (fileName, text, entry) => {
    const source = ts.transpileModule(text, { fileName, compilerOptions }).outputText
    // Renamed, as another process may read it at the same time.
    const draft = `${entry}.${process.pid}`
    writeFileSync(draft, source)
    renameSync(draft, entry)
    return source
  }
  for (const other of fileNames.filter((name) => !name.endsWith('.d.ts'))) {
    const text = readFileSync(other, 'utf8')
    const entry = entryOf(other, text)
    if (!existsSync(entry)) add(other, text, entry)
  }
  return existsSync(entry) ? readFileSync(entry, 'utf8') : add(path, text, entry)
}
