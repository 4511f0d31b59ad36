/**
 * Seeded random numbers that use all 53 bits of a double. Generators with poor low bits make doubles that repeat or
 * have few digits, and sizes and speeds would not be realistic.
 */

/** Returns a number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number

/** A generator whose numbers depend only on the seed: sfc32 by Chris Doty-Humphrey (PractRand). */
export function makeRandom(seed: number): Random {
  let [a, b, c, counter] = [0, seed | 0, 0x9e3779b9 | 0, 1]
  const draw32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) draw32()
  return () => ((draw32() >>> 5) * 2 ** 26 + (draw32() >>> 6)) / 2 ** 53
}
