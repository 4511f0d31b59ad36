/**
 * The peak memory of this process.
 */
import { readFileSync } from 'node:fs'

/** Peak resident memory in bytes. */
export function peakRssBytes(): number {
  return (highWaterMarkKb() ?? process.resourceUsage().maxRSS) * 1024
}

/**
 * On Linux `maxRSS` starts with the memory of the parent at the fork. `VmHWM`, in kilobytes, is that of the process
 * itself.
 */
function highWaterMarkKb(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const mark = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return mark === undefined ? undefined : Number(mark)
}
