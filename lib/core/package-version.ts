/**
 * The version of the package, from its manifest.
 */
import { createRequire } from 'node:module'

let version: string | undefined

/**
 * The version. The package refers to itself by name, which leads to the manifest from the sources and the build alike; in
 * a bundle without it the version is `unknown`.
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
