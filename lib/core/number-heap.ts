/**
 * A queue of numbers that hands out the smallest first: a binary heap, so that adding and taking cost the logarithm
 * of its length.
 */

/** A queue that hands out the smallest of its numbers. */
export class NumberHeap {
  /** The parent of the number at `i` is at `(i - 1) >> 1`, and is never greater. */
  readonly #numbers: number[] = []

  /** Adds a number. */
  add(number: number): void {
    const numbers = this.#numbers
    let hole = numbers.length
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (this.#at(parent) <= number) break
      numbers[hole] = this.#at(parent)
      hole = parent
    }
    numbers[hole] = number
  }

  /** Takes out the smallest number; undefined when there is none. */
  take(): number | undefined {
    const smallest = this.#numbers[0]
    const last = this.#numbers.pop()
    if (last !== undefined && this.#numbers.length > 0) this.#sink(last)
    return smallest
  }

  /** Puts `number` in the place of the one at the top. */
  #sink(number: number): void {
    let hole = 0
    for (;;) {
      const left = 2 * hole + 1
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (this.#at(child) >= number) break
      this.#numbers[hole] = this.#at(child)
      hole = child
    }
    this.#numbers[hole] = number
  }

  #at(index: number): number {
    return this.#numbers[index] ?? Infinity
  }
}
