/**
 * The memory of a workflow is bounded for any number of containers and any size of phase outputs. The test needs the
 * build: run it by `npm run test:long`.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { peakOf } from '../helpers/peak-memory.ts'

const entry = pathToFileURL(join(import.meta.dirname, '../../dist/lib/index.js')).href

/** Peak memory of a process that runs `code` with `Coordinator` imported, in megabytes. */
function peakMegabytes(t: Test, code: string): number {
  const script = join(t.testdirName, 'run.mjs')
  writeFileSync(script, `import { Coordinator } from ${JSON.stringify(entry)}\n${code}`)
  return peakOf([script, t.testdirName]) / 1024
}

const PASS_ROWS = `
const rows = 2_000_000
const producer = {
  containers: () => [{ id: 'all' }],
  run: () => [],
  *output() {
    for (let i = 0; i < rows; i++) {
      yield { index: i, name: 'row number ' + i, a: Math.sin(i), b: Math.cos(i), c: Math.tan(i), text: 'note '.repeat(10) + Math.sin(i * 7) }
    }
  },
}
const consumer = {
  containers: () => [{ id: 'all' }],
  async *run(_spec, { inputs }) {
    let count = 0
    let bytes = 0
    for await (const row of inputs.a.rows()) {
      count += 1
      bytes += 32 + row.name.length + row.text.length
    }
    yield { count, bytes, same: count === inputs.a.rowCount }
  },
  output: async ({ results }) => results.get(),
}
const coordinator = new Coordinator({ outputDir: process.argv[2], topologies: { producer, consumer } })
const { phases } = await coordinator.executeWorkflow({
  phases: [{ name: 'a', topology: 'producer' }, { name: 'b', topology: 'consumer', depends_on: ['a'] }],
})
const [{ count, bytes, same }] = await phases.b.output.get()
if (count !== rows || bytes < 200e6 || !same) throw new Error(JSON.stringify({ count, bytes, same }))
`

const containers = (count: number) => `
const search = {
  *containers() {
    for (let index = 0; index < ${count}; index++) yield { id: 'container_' + index, config: index }
  },
  *run({ config }) {
    yield { index: config, result: { metrics: { sharpe_ratio: Math.sin(config), total_return: config / 7 } } }
  },
}
const coordinator = new Coordinator({ outputDir: process.argv[2], topologies: { search } })
const { counts } = await coordinator.executeWorkflow({ phases: [{ name: 'a', topology: 'search' }] })
if (counts.written !== ${count}) throw new Error(JSON.stringify(counts))
`

void t.test('passes 200 MB of rows from phase to phase within 150 MB above an empty process', (t) => {
  t.testdir()
  const empty = peakOf(['--eval', '0']) / 1024
  const peak = peakMegabytes(t, PASS_ROWS)
  t.ok(peak - empty <= 150, `${Math.round(peak - empty)} MB above ${Math.round(empty)} MB`)
  t.end()
})

void t.test('memory does not grow after the maximum number of containers with statistics is reached', (t) => {
  t.testdir()
  const first = peakMegabytes(t, containers(100_000))
  const more = peakMegabytes(t, containers(1_000_000))
  // A million ids are stored as hashes, which take 16 MB.
  t.ok(more - first <= 100, `${Math.round(more)} MB for a million containers, ${Math.round(first)} MB for 100,000`)
  t.end()
})
