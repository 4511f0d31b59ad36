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

/** What an output holds, however it is encoded. */
export interface Contents {
  readonly rows: number
  /** Two outputs with the same checksum are taken to hold the same. */
  readonly checksum: string
}

/** What a run left behind. Two outputs of the same contents may differ in size. */
export interface Output extends Contents {
  readonly bytes: number
}

/** Does the job with `input`; its time is what is measured. */
export type Contender<Input> = (input: Input, job: Job) => void | Promise<void>

/** Loads a contender before its time begins, so that no process holds the packages of the others. */
export interface ContenderLoader<Input> {
  load(this: void): Promise<Contender<Input>>
}

/**
 * A benchmark. A module that holds one exports it as `benchCase`; each run loads that module in a process of its own.
 */
export interface BenchCase<Input> {
  readonly name: string
  /** Records per run when nothing else is asked for. */
  readonly records: number
  /** Makes what the contenders work on, the same in every process; its time is not measured. */
  prepare(this: void, records: number): Input | Promise<Input>
  /** What the output of a correct run holds, found by the plainest means. */
  expectedOutput(this: void, input: Input, records: number): Contents | Promise<Contents>
  /** The output that is in `directory` after a run. */
  readOutput(this: void, directory: string): Output | Promise<Output>
  /** By name, in the order they take turns; the first is the one the others are compared with. */
  readonly contenders: Readonly<Record<string, Contender<Input> | ContenderLoader<Input>>>
  /** Packages whose versions belong beside the figures. */
  readonly packages?: readonly string[]
}
