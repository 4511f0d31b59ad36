/**
 * The outputs in memory, in the order of their last use, least recently used first.
 */
import type { MemoryOutput } from './memory-output.ts'

/** An output in memory, with its workflow and phase. */
export interface HeldEntry {
  readonly workflowId: string
  readonly phase: string
  readonly output: MemoryOutput
}

/** The outputs in memory, by workflow and phase. */
export class MemoryTier {
  readonly #entries = new Map<string, HeldEntry>()
  #bytes = 0

  /** Total bytes of all outputs. */
  get bytes(): number {
    return this.#bytes
  }

  /** The least recently used output; undefined when there is none. */
  get oldest(): HeldEntry | undefined {
    return this.#entries.values().next().value
  }

  /** The phases of a workflow that have an output in memory. */
  phasesOf(workflowId: string): string[] {
    return [...this.#entries.values()].filter((entry) => entry.workflowId === workflowId).map(({ phase }) => phase)
  }

  /** Returns the output of a phase, and marks it as the most recently used. */
  get(workflowId: string, phase: string): MemoryOutput | undefined {
    const key = keyOf(workflowId, phase)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.output
  }

  /** Sets the output of a phase in place of its previous output, and marks it as the most recently used. */
  set(workflowId: string, phase: string, output: MemoryOutput): void {
    this.delete(workflowId, phase)
    this.#entries.set(keyOf(workflowId, phase), { workflowId, phase, output })
    this.#bytes += output.bytes
  }

  /** Removes the output of a phase, if there is one. */
  delete(workflowId: string, phase: string): void {
    const key = keyOf(workflowId, phase)
    this.#bytes -= this.#entries.get(key)?.output.bytes ?? 0
    this.#entries.delete(key)
  }
}

function keyOf(workflowId: string, phase: string): string {
  return JSON.stringify([workflowId, phase])
}
