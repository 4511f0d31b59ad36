/**
 * The peak memory of a Node process of its own.
 */
import { spawnSync } from 'node:child_process'

/**
 * Loaded first, it tells the peak resident memory of its process, in kilobytes, on the last line of standard error.
 * The kernel's own mark: `maxRSS` counts in the process that was forked to start this one.
 */
const reporter = `data:text/javascript,import { readFileSync, writeSync } from 'node:fs';
process.on('exit', () => {
  const peak = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  writeSync(2, '\\npeak ' + peak);
})`

/** Peak resident memory of a Node process run with `args`, in kilobytes. */
export function peakOf(args: readonly string[]): number {
  const { status, stderr } = spawnSync(process.execPath, ['--import', reporter, ...args], {
    encoding: 'utf8',
    // Without the loaders of the test runner.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return Number(/peak (\d+)\s*$/.exec(stderr)?.[1])
}
