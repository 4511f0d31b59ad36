/**
 * The outputs in memory, the least recently used first.
 */
import type { MemoryOutput } from './memory-output.ts'

/** An output in memory, and whose it is. */
interface HeldEntry {
  readonly workflowId: string
  readonly phase: string
  readonly output: MemoryOutput
}

/** Outputs by workflow and phase. */
export class MemoryTier {
  readonly #entries = new Map<string, HeldEntry>()
  #bytes = 0

  /** Bytes of all outputs. */
  get bytes(): number {
    return this.#bytes
  }

  /** The one that was used the longest ago; undefined when there is none. */
  get oldest(): HeldEntry | undefined {
    return this.#entries.values().next().value
  }

  /** The phases of a workflow that have an output here. */
  phasesOf(workflowId: string): string[] {
    return [...this.#entries.values()].filter((entry) => entry.workflowId === workflowId).map(({ phase }) => phase)
  }

  /** The output of a phase, which counts as used now. */
  get(workflowId: string, phase: string): MemoryOutput | undefined {
    const key = keyOf(workflowId, phase)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.output
  }

  /** Puts an output in the place of the one before. */
  set(workflowId: string, phase: string, output: MemoryOutput): void {
    this.delete(workflowId, phase)
    this.#entries.set(keyOf(workflowId, phase), { workflowId, phase, output })
    this.#bytes += output.bytes
  }

  delete(workflowId: string, phase: string): void {
    const key = keyOf(workflowId, phase)
    this.#bytes -= this.#entries.get(key)?.output.bytes ?? 0
    this.#entries.delete(key)
  }
}

function keyOf(workflowId: string, phase: string): string {
  return JSON.stringify([workflowId, phase])
}
