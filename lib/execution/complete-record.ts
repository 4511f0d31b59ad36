/**
 * Fills in the phase and the container of a record.
 */
import { isRecord, type ResolvedFieldNames, type ResultRecord } from '../core/record.ts'

/**
 * A copy of the record with the phase and the container that it lacks. The record itself is returned where nothing is
 * missing, and where it is not a plain object: a copy would lose what its class gives it.
 */
export function completeRecord(
  record: ResultRecord,
  fields: ResolvedFieldNames,
  phase: string,
  container: string,
): ResultRecord {
  if (!isRecord(record)) return record
  const hasPhase = (record[fields.phase] ?? null) !== null
  const hasContainer = (record[fields.container] ?? null) !== null
  if (hasPhase && hasContainer) return record
  const prototype: unknown = Object.getPrototypeOf(record)
  if (prototype !== Object.prototype && prototype !== null) return record
  const complete: Record<string, unknown> = { [fields.phase]: phase, [fields.container]: container, ...record }
  if (!hasPhase) complete[fields.phase] = phase
  if (!hasContainer) complete[fields.container] = container
  return complete
}
