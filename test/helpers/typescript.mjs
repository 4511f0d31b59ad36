/**
 * Lets a process import TypeScript: `node --import test/helpers/typescript.mjs file.ts`. The tests and the processes
 * that they start use it, because it transpiles a file once and not once a process.
 */
import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)

// What a test forks starts with these options. Those of the test runner would load ts-node into each process: a second.
process.execArgv = [`--import=${import.meta.url}`]
