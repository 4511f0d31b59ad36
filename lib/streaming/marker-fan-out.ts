/**
 * Sends a marker of the streamer into the stream graphs of its phases.
 */
import { controlOf, Marker } from '../core/marker.ts'
import type { PhaseGraph } from './phase-graph.ts'

/** Answers a marker for several files. */
const NO_FILE = { path: null, offsetBytes: 0, rows: 0 }

/**
 * Sends one marker into each phase that `marker` is for, and answers it when all sinks have answered. A phase that has
 * ended answers when its files are complete.
 *
 * @param afterwards - what must be done before `marker` is answered
 * @returns the backpressure of the phases
 */
export function fanOut(
  marker: Marker,
  graphs: ReadonlyMap<string, PhaseGraph>,
  afterwards: () => Promise<void>,
): Promise<void> | undefined {
  const { phase: only, settle, fail } = controlOf(marker)
  const waits: Promise<void>[] = []
  const answers: Promise<unknown>[] = []
  for (const [phase, { chain }] of graphs) {
    if (only !== undefined && only !== phase) continue
    if (chain.ended) {
      answers.push(chain.done)
      continue
    }
    const own = new Marker(marker.level)
    answers.push(own.receipt)
    const wait = chain.mark(own)
    if (wait !== undefined) waits.push(wait)
  }
  Promise.all(answers)
    .then(afterwards)
    .then(() => {
      settle(NO_FILE)
    }, fail)
  return waits.length === 0 ? undefined : Promise.all(waits).then(() => {})
}
