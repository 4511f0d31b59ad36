/**
 * The version of the package, from its manifest.
 */
import { createRequire } from 'node:module'

/** The version. The package refers to itself by name, which leads to the manifest from the sources and the build alike. */
export function packageVersion(): string {
  const manifest = createRequire(import.meta.url)('spillway/package.json') as { readonly version: string }
  return manifest.version
}
