/**
 * Where figures were taken: without this beside them they mean nothing.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

/** A machine and the software on it, as far as it bears on speed. */
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
  /** Version of spillway and of the packages that a benchmark names. */
  readonly packages: Readonly<Record<string, string>>
}

/** Describes this machine, with the versions of `packages` as the module at `moduleUrl` would load them. */
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
      // Not installed in this directory; the next one up may have it.
    }
  }
  return 'not installed'
}
