/**
 * The version of the package, from its `package.json`.
 */
import { createRequire } from 'node:module'

let version: string | undefined

/**
 * The version of the package. The package refers to itself by name, which finds `package.json` both from the sources
 * and from the build. In a bundle without `package.json` the version is `unknown`.
 */
export function packageVersion(): string {
  version ??= readVersion()
  return version
}

function readVersion(): string {
  try {
    return (createRequire(import.meta.url)('spillway/package.json') as { readonly version: string }).version
  } catch {
    return 'unknown'
  }
}
