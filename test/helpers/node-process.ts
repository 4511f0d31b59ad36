/**
 * How tests start processes of Node.js that import the sources of this project.
 */

/** Options of Node.js that let a process import TypeScript. */
export const nodeArgs: readonly string[] = ['--import', new URL('typescript.mjs', import.meta.url).href]

/** The environment without the loaders of the test runner, which take longer than most of these processes. */
export const nodeEnv: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '' }
