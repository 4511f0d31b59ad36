import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { AggregatesLog, readAggregates } from '../../../lib/journal/aggregates-log.ts'
import { openFileTarget } from '../../../sinks/files/file-target.ts'
import { Aggregates } from '../../../transforms/aggregate/aggregates.ts'

const recordOf = (container: number, n: number) => ({
  phase: 'p',
  container: `c${container}`,
  result: { metrics: { sharpe_ratio: Math.sin(container * 1000 + n), [`metric ${container % 5}`]: n } },
})

function aggregatesOf(records: readonly object[]): Aggregates {
  const aggregates = new Aggregates({ phase: 'p' })
  aggregates.add(records)
  return aggregates
}

t.test('the state can be read after each write, and equals all aggregates so far', async (t) => {
  const base = t.testdir()
  let round = 0
  const pieces = fc.array(fc.array(fc.tuple(fc.nat(3), fc.nat(99)), { maxLength: 10 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(pieces, async (given) => {
      const directory = join(base, String(round++))
      const log = new AggregatesLog(directory, openFileTarget)
      const all = new Aggregates({ phase: 'p' })
      for (const piece of given) {
        const added = aggregatesOf(piece.map(([container, n]) => recordOf(container, n)))
        all.merge(added)
        const extent = await log.write(added, all)
        t.strictSame((await readAggregates(directory, extent)).toJSON(), all.toJSON())
      }
      await log.close()
    }),
    { numRuns: 20 },
  )
})

t.test('a new file starts when the current one is too large for its state', async (t) => {
  const directory = t.testdir()
  const log = new AggregatesLog(directory, openFileTarget)
  const all = new Aggregates({ phase: 'p' })
  let bytes = 0
  for (let n = 0; n < 40; n++) {
    const added = aggregatesOf(Array.from({ length: 400 }, (_, container) => recordOf(container, n)))
    all.merge(added)
    const extent = await log.write(added, all)
    await log.sweep(extent)
    bytes = Math.max(bytes, extent.bytes)
    t.strictSame(readdirSync(directory), [extent.file])
    t.strictSame((await readAggregates(directory, extent)).summary().phases['p']?.count, 400 * (n + 1))
  }
  await log.close()
  t.not(readdirSync(directory)[0], '00000001.jsonl')
  t.ok(bytes < 4_000_000, `${bytes} bytes at most`)
})

t.test('a damaged or missing file is an error', async (t) => {
  const directory = t.testdir()
  const log = new AggregatesLog(directory, openFileTarget)
  const added = aggregatesOf([recordOf(1, 1)])
  const extent = await log.write(added, added)
  await log.close()
  const path = join(directory, extent.file)
  const content = readFileSync(path, 'utf8')
  const damages = [content.replace('sharpe', 'sharpt'), content.slice(0, -20), '', content.slice(9)]
  for (const damage of damages) {
    writeFileSync(path, damage)
    await t.rejects(readAggregates(directory, extent), { code: 'ERR_SPILLWAY_JOURNAL', message: /--accept-changes/ })
  }
  await t.rejects(readAggregates(directory, { ...extent, file: '00000009.jsonl' }), { code: 'ERR_SPILLWAY_JOURNAL' })
  writeFileSync(path, `${content}more`)
  t.strictSame((await readAggregates(directory, extent)).toJSON(), added.toJSON(), 'bytes after the extent are ignored')
})
