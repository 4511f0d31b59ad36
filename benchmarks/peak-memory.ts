/**
 * The peak memory of this process.
 */
import { readFileSync } from 'node:fs'

/** The most memory it had resident, in bytes. */
export function peakRssBytes(): number {
  return (markOfKernel() ?? process.resourceUsage().maxRSS) * 1024
}

/** On Linux `maxRSS` begins with what the parent had when it forked; this mark is the process's own, in kilobytes. */
function markOfKernel(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const mark = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return mark === undefined ? undefined : Number(mark)
}
