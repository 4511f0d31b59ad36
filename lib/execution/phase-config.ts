/**
 * The inputs of a phase's topology: references to earlier phases, merged into its configuration.
 */
import type { PhaseReference } from '../outputs/reference.ts'
import type { ResolvedPhase } from '../workflow/types.ts'

/**
 * The references that a phase can read, by the names of the phases that it depends on. The object has no prototype.
 *
 * @param references - the references of all completed phases
 */
export function inputsOf(
  phase: ResolvedPhase,
  references: ReadonlyMap<string, PhaseReference>,
): Readonly<Record<string, PhaseReference>> {
  const inputs = Object.create(null) as Record<string, PhaseReference>
  for (const name of phase.depends_on) inputs[name] = referenceOf(name, references)
  return Object.freeze(inputs)
}

/**
 * The phase's own configuration, plus its inputs: `<name>_results` for each phase that it depends on, and
 * `inherited_data` for the phase that it inherits from.
 */
export function mergePhaseConfig(
  phase: ResolvedPhase,
  references: ReadonlyMap<string, PhaseReference>,
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = { ...phase.config }
  for (const name of phase.depends_on) merged[`${name}_results`] = referenceOf(name, references)
  if (phase.inherit_from !== null) merged['inherited_data'] = referenceOf(phase.inherit_from, references)
  return Object.freeze(merged)
}

function referenceOf(name: string, references: ReadonlyMap<string, PhaseReference>): PhaseReference {
  const reference = references.get(name)
  if (reference === undefined) throw new TypeError(`phase ${name} has not completed: phases run out of order`)
  return reference
}
