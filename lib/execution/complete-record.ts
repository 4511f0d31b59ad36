/**
 * Fills in the phase and the container of a record.
 */
import { isRecord, type ResolvedFieldNames, type ResultRecord } from '../core/record.ts'

/**
 * A copy of the record with the phase and the container that it lacks. The record itself is returned where nothing is
 * missing, and where it is not a plain object: a copy would lose what its class gives it. If reading a field throws, the
 * copy has the field as it is: the sink rejects the record with the reason.
 */
export function completeRecord(
  record: ResultRecord,
  fields: ResolvedFieldNames,
  phase: string,
  container: string,
): ResultRecord {
  try {
    return complete(record, fields, phase, container)
  } catch {
    return completeUnread(record, { [fields.phase]: phase, [fields.container]: container })
  }
}

function complete(record: ResultRecord, fields: ResolvedFieldNames, phase: string, container: string): ResultRecord {
  if (!isRecord(record)) return record
  const hasPhase = (record[fields.phase] ?? null) !== null
  const hasContainer = (record[fields.container] ?? null) !== null
  if (hasPhase && hasContainer) return record
  const prototype: unknown = Object.getPrototypeOf(record)
  if (prototype !== Object.prototype && prototype !== null) return record
  const completed: Record<string, unknown> = { [fields.phase]: phase, [fields.container]: container, ...record }
  if (!hasPhase) completed[fields.phase] = phase
  if (!hasContainer) completed[fields.container] = container
  return completed
}

/** The copy of a plain record, made without reading its fields. */
function completeUnread(record: ResultRecord, names: Readonly<Record<string, string>>): ResultRecord {
  const prototype = Object.getPrototypeOf(record) as object | null
  if (prototype !== Object.prototype && prototype !== null) return record
  const descriptors: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(record)
  for (const [field, value] of Object.entries(names)) {
    const own = descriptors[field]
    if (own?.get !== undefined || (own?.value ?? null) !== null) continue
    descriptors[field] = { value, enumerable: true, writable: true, configurable: true }
  }
  return Object.create(prototype, descriptors) as ResultRecord
}
