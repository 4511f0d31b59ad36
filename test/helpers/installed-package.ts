/**
 * The package as `npm install` would leave it, made from the sources as they are: a build in `dist/` may be old, or be
 * replaced by another test.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { root } from './documents.ts'

/** The cases of the benchmarks, and what only they use. */
const NOT_SHIPPED = /^benchmarks[\\/].*[\\/]/

/**
 * Makes `node_modules/spillway` in a folder below the root of the project, where the packages that it needs are found.
 *
 * @returns the path of the module behind the command `spillway`
 */
export function installPackage(folder: string): string {
  const installed = join(folder, 'node_modules/spillway')
  mkdirSync(installed, { recursive: true })
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'))
  const { config } = ts.readConfigFile(join(root, 'tsconfig.build.json'), (path) => ts.sys.readFile(path))
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  // A module is compiled alone here: the compiler does not see that the package consists of ES modules.
  const compilerOptions: ts.CompilerOptions = { ...options, declaration: false, module: ts.ModuleKind.ESNext }
  for (const fileName of fileNames) {
    const file = relative(root, fileName)
    if (file.endsWith('.d.ts') || NOT_SHIPPED.test(file)) continue
    const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), { compilerOptions, fileName })
    const target = join(installed, 'dist', file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, outputText)
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: { spillway: string } }
  return join(installed, manifest.bin.spillway)
}
