/**
 * A priority queue of numbers that returns the smallest first. It is a binary heap, so adding and taking need
 * logarithmic time.
 */

/** A priority queue of numbers, smallest first. */
export class NumberHeap {
  /** The parent of the number at index `i` is at `(i - 1) >> 1`. A parent is never greater than its children. */
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

  /** Removes the smallest number and returns it; undefined when the queue is empty. */
  take(): number | undefined {
    const smallest = this.#numbers[0]
    const last = this.#numbers.pop()
    if (last !== undefined && this.#numbers.length > 0) this.#sink(last)
    return smallest
  }

  /** Replaces the number at the root with `number`, and restores the order of the heap. */
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
