/**
 * How tests start processes of Node.js that import the sources of this project.
 */

/** Options of Node.js that let a process import TypeScript. */
export const nodeArgs: readonly string[] = ['--import', new URL('typescript.mjs', import.meta.url).href]
