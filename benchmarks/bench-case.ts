/**
 * The parts of a benchmark: a job, the contenders that do it, and the output that each of them must produce.
 */

/** The job of one run of a contender. */
export interface Job {
  /** Number of records to write. */
  readonly records: number
  /** An empty directory for the output. It is removed after the run. */
  readonly directory: string
}

/** The contents of an output, independent of its encoding. */
export interface Contents {
  /** Number of rows. */
  readonly rows: number
  /** Two outputs with the same checksum are considered equal. */
  readonly checksum: string
}

/** The output of a run. Two outputs with the same contents may differ in size. */
export interface Output extends Contents {
  /** Size of the output in bytes. For a case that reads, the size of the input. */
  readonly bytes: number
}

/** Does the job with `input`. Its duration is measured. */
export type Contender<Input> = (input: Input, job: Job) => void | Promise<void>

/** Loads a contender before its time is measured, so that no process loads the packages of other contenders. */
export interface ContenderLoader<Input> {
  /** Loads the contender and the packages it needs; its time is not measured. */
  load(this: void): Promise<Contender<Input>>
}

/** The input and the expected output of a run. */
export interface Work<Input> {
  /** Default number of records per run. */
  readonly records: number
  /**
   * Makes the input of the contender, the same one in every process. Its duration is not measured.
   *
   * @param directory - an empty directory for input files, which is removed after the run
   */
  prepare(this: void, records: number, directory: string): Input | Promise<Input>
  /** The contents of a correct output, computed in the simplest way. */
  expectedOutput(this: void, input: Input, records: number): Contents | Promise<Contents>
  /** Reads the output in `directory` after a run. */
  readOutput(this: void, directory: string): Output | Promise<Output>
}

/** A benchmark. A module exports it as `benchCase`. Each run loads that module in a new process. */
export interface BenchCase<Input> extends Work<Input> {
  /** Name of the case, for reports. */
  readonly name: string
  /** Names of the contenders under test. The others are for comparison. @default all of them */
  readonly subjects?: readonly string[]
  /** By name, in the order in which they take turns. The first one is the baseline of all ratios. */
  readonly contenders: Readonly<Record<string, Contender<Input> | ContenderLoader<Input>>>
  /**
   * Work that differs for a contender, by its name. Ratios are per record, so contenders may have different numbers of
   * records.
   *
   * @default {}
   */
  readonly variants?: Readonly<Record<string, Partial<Work<Input>>>>
  /** Packages whose versions are reported. @default [] */
  readonly packages?: readonly string[]
}

/** The number of records of a contender if `asked` are requested: its own number, scaled in proportion. */
export function recordsOf<Input>(benchCase: BenchCase<Input>, contender: string, asked = benchCase.records): number {
  return Math.ceil((workOf(benchCase, contender).records * asked) / benchCase.records)
}

/** The work of one contender. */
export function workOf<Input>(benchCase: BenchCase<Input>, contender: string): Work<Input> {
  return { ...benchCase, ...benchCase.variants?.[contender] }
}

/** Whether two contenders with the same number of records have the same input and the same expected output. */
export function isSameWork<Input>(one: Work<Input>, other: Work<Input>): boolean {
  return one.prepare === other.prepare && one.expectedOutput === other.expectedOutput
}
