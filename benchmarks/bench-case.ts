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
  /** Number of rows. */
  readonly rows: number
  /** Two outputs with the same checksum are taken to hold the same. */
  readonly checksum: string
}

/** What a run left behind. Two outputs of the same contents may differ in size. */
export interface Output extends Contents {
  /** Its size; that of the input where a case is about reading. */
  readonly bytes: number
}

/** Does the job with `input`; its time is what is measured. */
export type Contender<Input> = (input: Input, job: Job) => void | Promise<void>

/** Loads a contender before its time begins, so that no process holds the packages of the others. */
export interface ContenderLoader<Input> {
  /** Loads the contender and the packages it needs; its time is not measured. */
  load(this: void): Promise<Contender<Input>>
}

/** What a run works on, and what it must have made. */
export interface Work<Input> {
  /** Records per run when nothing else is asked for. */
  readonly records: number
  /**
   * Makes what the contender works on, the same in every process; its time is not measured.
   *
   * @param directory - an empty one for files to read from; it is removed after the run
   */
  prepare(this: void, records: number, directory: string): Input | Promise<Input>
  /** What the output of a correct run holds, found by the plainest means. */
  expectedOutput(this: void, input: Input, records: number): Contents | Promise<Contents>
  /** The output that is in `directory` after a run. */
  readOutput(this: void, directory: string): Output | Promise<Output>
}

/**
 * A benchmark. A module that holds one exports it as `benchCase`; each run loads that module in a process of its own.
 */
export interface BenchCase<Input> extends Work<Input> {
  /** Name of the case, for reports. */
  readonly name: string
  /** Contenders whose speed the case is about; the others are there to compare. @default all of them */
  readonly subjects?: readonly string[]
  /** By name, in the order they take turns; the first is the baseline, which the others are compared with. */
  readonly contenders: Readonly<Record<string, Contender<Input> | ContenderLoader<Input>>>
  /** What is different for a contender, by its name. A record of each is compared, however many records it gets. */
  readonly variants?: Readonly<Record<string, Partial<Work<Input>>>>
  /** Packages whose versions belong beside the figures. */
  readonly packages?: readonly string[]
}

/** How many records a contender gets when `asked` of them are asked for: its own number in proportion. */
export function recordsOf<Input>(benchCase: BenchCase<Input>, contender: string, asked = benchCase.records): number {
  return Math.ceil((workOf(benchCase, contender).records * asked) / benchCase.records)
}

/** The work of one contender. */
export function workOf<Input>(benchCase: BenchCase<Input>, contender: string): Work<Input> {
  return { ...benchCase, ...benchCase.variants?.[contender] }
}

/** Whether two contenders with as many records have the same input, and must have made the same of it. */
export function isSameWork<Input>(one: Work<Input>, other: Work<Input>): boolean {
  return one.prepare === other.prepare && one.expectedOutput === other.expectedOutput
}
