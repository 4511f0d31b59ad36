/**
 * Measures the peak memory of a separate Node.js process.
 */
import { spawnSync } from 'node:child_process'

/**
 * A module that is loaded first. It prints the peak resident memory of its process, in kilobytes, as the last line of
 * standard error. It reads the value of the kernel, because `maxRSS` includes the process that was forked to start this
 * one.
 */
const reporter = `data:text/javascript,import { readFileSync, writeSync } from 'node:fs';
process.on('exit', () => {
  const peak = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  writeSync(2, '\\npeak ' + peak);
})`

/** The peak resident memory of a Node.js process that is run with `args`, in kilobytes. */
export function peakOf(args: readonly string[]): number {
  const { status, stderr } = spawnSync(process.execPath, ['--import', reporter, ...args], {
    encoding: 'utf8',
    // Without the loaders of the test runner.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return Number(/peak (\d+)\s*$/.exec(stderr)?.[1])
}
