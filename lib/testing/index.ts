/**
 * For tests: topologies that run in memory, and the fault kit for pipelines: files and streams that fail, and scripts that
 * are killed at a file operation.
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
export { testTopology, type TestedTopology, type TestTopologyOptions } from './test-topology.ts'
