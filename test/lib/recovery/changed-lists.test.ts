/** A container is its id: a resume finds it wherever the topology lists it now. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { verifyRun } from '../../../lib/recovery/verify.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'

const RECORDS = 4

type Commit = 'records' | 'container'

interface Listing {
  ids: readonly string[]
  /** The container that throws before its third record. */
  failing: string | null
}

/** A topology whose list can be changed between executions. */
function listed(listing: Listing): Topology & { readonly begun: string[] } {
  const begun: string[] = []
  return {
    begun,
    containers: () => listing.ids.map((id) => ({ id })),
    *run({ id }) {
      begun.push(id)
      for (let n = 0; n < RECORDS; n++) {
        if (n === 2 && id === listing.failing) throw new Error('not yet')
        yield { n, result: { metrics: { sharpe_ratio: n } } }
      }
    },
  }
}

function runOf(t: Test, listing: Listing, commit: Commit = 'records') {
  const outputDir = t.testdir()
  const topology = listed(listing)
  const coordinator = new Coordinator({ outputDir, topologies: { topology } })
  const directory = join(outputDir, 'run')
  const workflow = { id: 'run', commit, phases: [{ name: 'p', topology: 'topology' }] }
  return {
    directory,
    topology,
    start: () => coordinator.executeWorkflow(workflow),
    resume: (acceptChanges?: string[]) =>
      coordinator.resumeWorkflow(directory, acceptChanges === undefined ? {} : { acceptChanges }),
  }
}

/** The number of records in the files, by container. */
function countsIn(directory: string): Record<string, number> {
  const counts = Object.create(null) as Record<string, number>
  const parts = join(directory, 'results/p')
  for (const name of readdirSync(parts)) {
    for (const line of readFileSync(join(parts, name), 'utf8').split('\n')) {
      if (line === '') continue
      const { container } = JSON.parse(line) as { container: string }
      counts[container] = (counts[container] ?? 0) + 1
    }
  }
  return counts
}

const all = (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, RECORDS]))

for (const commit of ['records', 'container'] as const) {
  for (const [title, ids] of [
    ['a new one is listed first', ['a', 'b', 'c', 'd']],
    ['the list is reversed', ['d', 'c', 'b']],
    ['new ones are between and at the end', ['b', 'x', 'c', 'y', 'd', 'z']],
  ] as const) {
    t.test(`committed by ${commit}: ${title}`, async (t) => {
      const listing: Listing = { ids: ['b', 'c', 'd'], failing: 'd' }
      const { start, resume, directory, topology } = runOf(t, listing, commit)
      await t.rejects(start(), { message: /not yet/ })
      topology.begun.length = 0
      Object.assign(listing, { ids, failing: null })
      const { phases } = await resume()
      t.same(countsIn(directory), all(ids))
      t.strictSame(
        topology.begun,
        ids.filter((id) => !['b', 'c'].includes(id)),
      )
      t.strictSame(phases['p']?.unlisted, { count: 0, ids: [] })
      t.strictSame((await verifyRun(directory)).problems, [])
    })
  }
}

t.test('one that has ended and is not listed any more is named, and keeps its records', async (t) => {
  const listing: Listing = { ids: ['b', 'c', 'd'], failing: 'd' }
  const { start, resume, directory } = runOf(t, listing)
  await t.rejects(start(), { message: /not yet/ })
  Object.assign(listing, { ids: ['b', 'd'], failing: null })
  const { phases } = await resume()
  t.strictSame(phases['p']?.unlisted, { count: 1, ids: ['c'] })
  t.same(countsIn(directory), all(['b', 'c', 'd']))
  t.strictSame((await verifyRun(directory)).problems, [])
})

t.test('one that has begun and is not listed any more is an error, with a remedy that helps', async (t) => {
  const listing: Listing = { ids: ['b', 'c', 'd'], failing: 'd' }
  const { start, resume, directory } = runOf(t, listing)
  await t.rejects(start(), { message: /not yet/ })
  Object.assign(listing, { ids: ['b', 'c'], failing: null })
  const refusal = {
    code: 'ERR_SPILLWAY_NONDETERMINISTIC',
    message:
      'Container "d" of phase "p" is not listed any more, but it did not end, and the files have 2 records of it. List it again, or run the phase again with --accept-changes p.',
  }
  await t.rejects(resume(), refusal)
  await t.rejects(resume(), refusal, 'again')
  await resume(['p'])
  t.same(countsIn(directory), all(['b', 'c']))
  t.strictSame((await verifyRun(directory)).problems, [])
})

t.test('any list before and after: each listed container has its records once', async (t) => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '__proto__', 'ü\n'), { minLength: 1 })
  const commits = fc.constantFrom<Commit[]>('records', 'container')
  await fc.assert(
    fc.asyncProperty(ids, ids, fc.nat(), fc.nat(), commits, async (before, after, first, second, commit) => {
      const failing = before[first % before.length] as string
      const listing: Listing = { ids: before, failing }
      const { start, resume, directory } = runOf(t, listing, commit)
      await start().catch(() => {})
      const next = [...new Set([failing, ...after])]
      Object.assign(listing, { ids: next.toReversed(), failing: next[second % next.length] })
      await resume().catch(() => {})
      Object.assign(listing, { ids: next, failing: null })
      await resume()
      const counts = countsIn(directory)
      for (const id of next) t.equal(counts[id], RECORDS)
      t.ok(Object.values(counts).every((count) => count === RECORDS))
      t.strictSame((await verifyRun(directory)).problems, [])
    }),
    { numRuns: 25 },
  )
})

t.test('damage of the ids is found before a container is skipped', async (t) => {
  const listing: Listing = { ids: ['b', 'c', 'd'], failing: 'd' }
  const { start, resume, directory } = runOf(t, listing)
  await t.rejects(start(), { message: /not yet/ })
  const path = join(directory, 'journal/containers/p/ids.jsonl')
  t.equal(readFileSync(path, 'utf8'), '"b"\n"c"\n"d"\n')
  appendFileSync(path, '"torn')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"b"', '"x"'))
  t.match((await verifyRun(directory)).problems, [{ phase: 'p', message: /ids\.jsonl cannot be read/ }])
  listing.failing = null
  await t.rejects(resume(), {
    code: 'ERR_SPILLWAY_JOURNAL',
    message: /ids\.jsonl cannot be read: it does not match its checksum.*--accept-changes/,
  })
  await resume(['p'])
  t.same(countsIn(directory), all(['b', 'c', 'd']))
})
