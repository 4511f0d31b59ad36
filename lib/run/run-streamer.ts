/**
 * The ResultStreamer of a run.
 */
import type { OpenTarget } from '../../sinks/files/file-target.ts'
import { graphsOf, ResultStreamer } from '../result-streamer.ts'
import type { EarlierPhases } from '../streaming/checkpoint.ts'
import { streamerOptionsOf } from '../workflow/results-settings.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'
import { openRowsPath, type RunDirectory } from './directory.ts'

/**
 * Makes the streamer of a run; null for a workflow whose results are not written.
 *
 * @param earlier - what its files hold already
 */
export function makeRunStreamer(
  { results, objective, phases }: ResolvedWorkflow,
  { workflowId, path }: RunDirectory,
  earlier: EarlierPhases,
  openTarget: OpenTarget,
): ResultStreamer | null {
  if (results === false) return null
  const streamer = new ResultStreamer({
    ...streamerOptionsOf(results),
    workflowId,
    outputDir: path,
    objective,
    maxPhases: phases.length,
    openTarget,
    // The files hold what was committed.
    onExisting: 'append',
  })
  graphsOf(streamer).router.joinRun(earlier, (phase) => openRowsPath(path, phase))
  // A failure of the streamer fails its phases, whose results report it.
  streamer.on('error', () => {})
  return streamer
}
