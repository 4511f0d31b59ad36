/**
 * The fault kit: failing files, failing streams, and processes that are killed, for tests of pipelines.
 *
 * @module spillway/testing
 */
export {
  faultyTarget,
  systemError,
  type CallFault,
  type Disk,
  type Faults,
  type FileCall,
  type FileOperation,
  type WriteFault,
} from './faulty-target.ts'
export { failingAfter, failingWritable, stallingAfter, stallingWritable } from './faulty-streams.ts'
export { killingTarget, type Kill, type KillMoment } from './killing-target.ts'
export {
  killAtEveryWrite,
  killAtRandom,
  type KillAtEveryWriteOptions,
  type KillAtRandomOptions,
  type ScriptOptions,
} from './kill-runs.ts'
