/**
 * The machine that results were measured on. Results have no meaning without it.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

/** The hardware and software of a machine that affect speed. */
export interface Machine {
  /** Model of the processor. */
  readonly cpu: string
  /** Number of logical cores. */
  readonly cores: number
  /** Bytes of memory. */
  readonly memoryBytes: number
  /** Operating system and architecture, as in `linux x64`. */
  readonly platform: string
  /** Version of Node.js, as in `v22.15.0`. */
  readonly node: string
  /** Versions of spillway and of the packages that the benchmark names. */
  readonly packages: Readonly<Record<string, string>>
}

/**
 * Describes this machine.
 *
 * @param moduleUrl - the versions are those that this module would load
 * @param packages - names of packages; one that is missing gets the version `not installed`
 */
export function describeMachine(moduleUrl: URL, packages: readonly string[] = []): Machine {
  const processors = cpus()
  const own = createRequire(import.meta.url)('spillway/package.json') as { version: string }
  const others = packages.map((name) => [name, versionOf(name, moduleUrl)] as const)
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    packages: Object.fromEntries([['spillway', own.version] as const, ...others]),
  }
}

function versionOf(name: string, moduleUrl: URL): string {
  for (const directory of createRequire(moduleUrl).resolve.paths(name) ?? []) {
    try {
      const manifest = JSON.parse(readFileSync(join(directory, name, 'package.json'), 'utf8')) as { version: string }
      return manifest.version
    } catch {
      // Not installed in this directory. It may be in the parent directory.
    }
  }
  return 'not installed'
}
