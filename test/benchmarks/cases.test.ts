/**
 * Runs the contenders under test of every case, with a few records and in this process, and checks their output.
 */
import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isSameWork, recordsOf, workOf, type BenchCase, type Contents, type Work } from '../../benchmarks/bench-case.ts'

const RECORDS = 500

const cases = new URL('../../benchmarks/cases/', import.meta.url)

/** The input of contenders with the same work. They share it, because none of them changes it. */
interface Prepared {
  readonly work: Work<unknown>
  readonly records: number
  readonly input: unknown
  readonly expected: Contents
}

for (const file of readdirSync(cases)) {
  t.test(file, async (t) => {
    const { benchCase } = (await import(new URL(file, cases).href)) as { benchCase: BenchCase<unknown> }
    const { name, contenders, subjects = Object.keys(contenders), variants = {} } = benchCase
    t.equal(`${name}.ts`, file, 'a case has the name of its file')
    t.strictSame(
      Object.keys(variants).filter((variant) => !(variant in contenders)),
      [],
      'each variant belongs to a contender',
    )
    const directory = t.testdir()
    const prepared: Prepared[] = []
    for (const subject of subjects) {
      const given = contenders[subject]
      if (given === undefined) throw new Error(`${name} has no contender ${subject}`)
      const contender = typeof given === 'function' ? given : await given.load()
      const work = workOf(benchCase, subject)
      const records = recordsOf(benchCase, subject, RECORDS)
      let known = prepared.find((other) => other.records === records && isSameWork(other.work, work))
      if (known === undefined) {
        known = await prepare(work, records, mkdtempSync(join(directory, 'input-')))
        prepared.push(known)
      }
      const output = mkdtempSync(join(directory, 'output-'))
      await contender(known.input, { records, directory: output })
      const { rows, checksum } = await work.readOutput(output)
      t.ok(rows > 0, `${subject} makes rows`)
      t.strictSame({ rows, checksum }, known.expected, `the output of ${subject} is right`)
    }
  })
}

async function prepare(work: Work<unknown>, records: number, directory: string): Promise<Prepared> {
  const input = await work.prepare(records, directory)
  const { rows, checksum } = await work.expectedOutput(input, records)
  return { work, records, input, expected: { rows, checksum } }
}
