/**
 * What a benchmark is made of: one job, several contenders that do it, and the output all of them must have made.
 */

/** What one run of a contender has to do. */
export interface Job {
  /** How many records to write. */
  readonly records: number
  /** An empty directory to write into; it is removed after the run. */
  readonly directory: string
}

/** What a run left behind, as far as it can be compared. */
export interface Output {
  readonly rows: number
  readonly bytes: number
  /** Two outputs with the same checksum are taken to hold the same. */
  readonly checksum: string
}

/** Does the job with `input`; its time is what is measured. */
export type Contender<Input> = (input: Input, job: Job) => void | Promise<void>

/**
 * A benchmark. A module that holds one exports it as `benchCase`; each run loads that module in a process of its own.
 */
export interface BenchCase<Input> {
  readonly name: string
  /** Records per run when nothing else is asked for. */
  readonly records: number
  /** Makes what the contenders work on, the same in every process; its time is not measured. */
  prepare(this: void, records: number): Input | Promise<Input>
  /** The output a correct run makes, found by the plainest means. */
  expectedOutput(this: void, input: Input, records: number): Output | Promise<Output>
  /** The output that is in `directory` after a run. */
  readOutput(this: void, directory: string): Output | Promise<Output>
  /** By name, in the order they take turns; the first is the one the others are compared with. */
  readonly contenders: Readonly<Record<string, Contender<Input>>>
  /** Packages whose versions belong beside the figures. */
  readonly packages?: readonly string[]
}
