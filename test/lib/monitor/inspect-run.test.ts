import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { inspectRun } from '../../../lib/monitor/inspect-run.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'
import { nodeArgs } from '../../helpers/node-process.ts'
import { untilFile } from '../../helpers/until-file.ts'

const search: Topology = {
  *containers() {
    for (let i = 0; i < 4; i++) yield { id: `c${i}` }
  },
  *run() {
    for (let n = 0; n < 50; n++) yield { n, ...(n >= 40 && { late: n }) }
  },
}

t.test('returns phases, parts, rows, rejections and outputs of a run that has ended', async (t) => {
  const odd: Topology = {
    containers: () => [{ id: 'c' }],
    run: () => [{ n: 1 }, { n: () => 1 }],
    output: () => ({ rows: [{ a: 1 }], note: 'x' }),
  }
  const coordinator = new Coordinator({ outputDir: t.testdir(), topologies: { search, odd } })
  const { directory } = await coordinator.executeWorkflow({
    id: 'run',
    name: 'trial',
    results: { format: 'csv', part_max_rows: 75 },
    phases: [
      { name: 'a', topology: 'search' },
      { name: 'b', topology: 'odd' },
    ],
  })
  const run = await inspectRun(directory)
  t.match(run, { workflowId: 'run', name: 'trial', status: 'completed', error: null, rows: 201, rejected: 1 })
  t.match(run.phases[0], { phase: 'a', status: 'completed', containers: 4, records: 200, rejected: 0, output: null })
  t.strictSame(
    run.phases[0]?.parts.map(({ rows }) => rows),
    [75, 75, 50],
  )
  t.match(run.phases[1], { phase: 'b', rejected: 1, rows: 1, output: { tables: [{ field: 'rows', rowCount: 1 }] } })
  t.equal(
    run.bytes,
    run.phases
      .flatMap(({ parts }) => parts)
      .reduce((sum, { file }) => sum + readFileSync(join(directory, file)).length, 0),
  )
  t.match(run.queries, [/read_csv\('.*\/results\/\*\*\/\*\.csv'/])
  t.equal(run.aggregates?.phases['a']?.count, 200)
})

t.test('returns the state of a killed run', async (t) => {
  const dir = t.testdir()
  const entry = pathToFileURL(join(import.meta.dirname, '../../../lib/index.ts')).href
  writeFileSync(
    join(dir, 'run.mjs'),
    `import { Coordinator } from ${JSON.stringify(entry)}
    const quick = { containers: () => [{ id: 'c' }], run: () => [{ n: 1 }] }
    const endless = { containers: () => [{ id: 'c' }], async *run() { for (let n = 0; ; n++) { yield { n }; await new Promise(setImmediate) } } }
    const coordinator = new Coordinator({ outputDir: ${JSON.stringify(dir)}, topologies: { quick, endless } })
    await coordinator.executeWorkflow({ id: 'run', phases: [
      { name: 'a', topology: 'quick' }, { name: 'b', topology: 'endless', depends_on: ['a'] }, { name: 'c', topology: 'quick', depends_on: ['b'] } ] })`,
  )
  const child = spawn(process.execPath, [...nodeArgs, join(dir, 'run.mjs')])
  const journal = join(dir, 'run/journal/00000001.jsonl')
  const isBegun = () => existsSync(journal) && readFileSync(journal, 'utf8').includes('results/b/')
  await untilFile(journal, isBegun, child)
  child.kill('SIGKILL')
  await once(child, 'close')
  const run = await inspectRun(join(dir, 'run'))
  t.match(run, { status: 'unfinished', elapsedMs: null, rows: 1, aggregates: null })
  t.match(run.phases, [
    { phase: 'a', status: 'completed', rows: 1 },
    { phase: 'b', status: 'unfinished', containers: null, rows: 0, parts: [{ rows: null }] },
    { phase: 'c', status: 'waiting', parts: [] },
  ])
})

t.test('rejects a directory that is not a run directory', async (t) => {
  await t.rejects(inspectRun(t.testdir()), { code: 'ERR_SPILLWAY_JOURNAL' })
})
