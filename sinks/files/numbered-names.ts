/**
 * Names of files that are numbered, such as `part-00007.csv` and `00000012.jsonl`. The zeros make the order of names that
 * of numbers, for every tool that sorts by name; a number that needs more digits has them.
 */

/** The names of one kind of numbered file. */
export class NumberedNames {
  readonly #prefix: string
  readonly #digits: number
  readonly #pattern: RegExp

  /**
   * @param prefix - stands before the number; letters and hyphens only
   * @param digits - the least of them in a name
   */
  constructor(prefix: string, digits: number) {
    this.#prefix = prefix
    this.#digits = digits
    this.#pattern = new RegExp(`^${prefix}(\\d{${digits},})\\.(.+)$`)
  }

  /** The name of the file of a number. */
  make(number: number, extension: string): string {
    return `${this.#prefix}${String(number).padStart(this.#digits, '0')}.${extension}`
  }

  /** The number in a name; undefined for another kind of name, or another extension than the given one. */
  parse(name: string, extension?: string): number | undefined {
    const [, digits, found] = this.#pattern.exec(name) ?? []
    return digits === undefined || (extension ?? found) !== found ? undefined : Number(digits)
  }
}
