/**
 * The loader behind `typescript.mjs`. What TypeScript made of a file is kept under a hash of all that it was made from,
 * so that an entry is never out of date and processes can share it. `rm -r node_modules/.cache/spillway-tests` is safe.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const cache = new URL('../../node_modules/.cache/spillway-tests/', import.meta.url)
const config = fileURLToPath(new URL('../../tsconfig.json', import.meta.url))
const require = createRequire(import.meta.url)

const settings = `${require('typescript/package.json').version} ${readFileSync(config, 'utf8')} ${readFileSync(new URL(import.meta.url), 'utf8')}`

/** Loaded for a file that is not in the cache only: TypeScript takes longer to start than most tests. */
let transpileFile

/** `load` of Node.js's module hooks. */
export async function load(url, context, nextLoad) {
  if (!/^file:[^?#]*\.m?ts$/.test(url)) return nextLoad(url, context)
  return { format: 'module', source: transpiled(fileURLToPath(url)), shortCircuit: true }
}

function transpiled(path) {
  const text = readFileSync(path, 'utf8')
  const hash = createHash('sha256')
    .update(JSON.stringify([settings, path, text]))
    .digest('hex')
  const entry = new URL(`${hash}.js`, cache)
  try {
    return readFileSync(entry, 'utf8')
  } catch {
    transpileFile ??= makeTranspiler()
    const source = transpileFile(path, text)
    mkdirSync(cache, { recursive: true })
    // Renamed, as another process may read it at the same time.
    const draft = new URL(`${hash}.${process.pid}`, cache)
    writeFileSync(draft, source)
    renameSync(draft, entry)
    return source
  }
}

function makeTranspiler() {
  const ts = require('typescript')
  const { compilerOptions } = ts.readConfigFile(config, ts.sys.readFile).config
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, '.')
  // Every file is an ES module; `nodenext` would ask for a package.json that is not there for a single file.
  const single = {
    ...options,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: false,
    inlineSourceMap: true,
  }
  return (fileName, text) => ts.transpileModule(text, { fileName, compilerOptions: single }).outputText
}
