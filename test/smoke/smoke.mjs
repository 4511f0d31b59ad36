/**
 * Checks a build with the version of Node.js that runs this script. It writes records in every format and reads the
 * aggregates. It runs a workflow with phase outputs in memory and on disk, and fills a disk of the fault kit. Each module
 * that the build imports must be in it: the compiler leaves the `.ts` of some dynamic imports.
 * Usage: node test/smoke/smoke.mjs [directory of the build, default: dist]
 */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'

const build = resolve(process.argv[2] ?? join(import.meta.dirname, '../../dist'))
const { Coordinator, inspectRun, ResultStreamer } = await import(pathToFileURL(join(build, 'lib/index.js')).href)

for (const name of readdirSync(build, { recursive: true })) {
  if (!name.endsWith('.js')) continue
  const path = join(build, name)
  for (const [, imported] of readFileSync(path, 'utf8').matchAll(
    /^(?! *(?:\*|\/\/)).*(?:from |import\()['"](\.[^'"]+)['"]/gm,
  )) {
    assert.ok(existsSync(join(dirname(path), imported)), `${path} imports ${imported}, which the build does not have`)
  }
}

const ratios = [1.5, -0.25, 3, 0.125, 2]
const phases = ['search', 'evaluation']
const checks = {
  jsonl: (bytes) => assert.deepEqual(linesOf(bytes).map(ratioOf), ratios),
  csv: (bytes) => assert.equal(linesOf(bytes).length, 1 + ratios.length),
  parquet: (bytes) => assert.match(bytes.toString('latin1'), /^PAR1.*PAR1$/s),
}

for (const [format, check] of Object.entries(checks)) {
  const outputDir = mkdtempSync(join(tmpdir(), 'spillway-smoke-'))
  try {
    const streamer = new ResultStreamer({ workflowId: 'smoke', outputDir, format })
    for (const phase of phases) {
      for (const [index, ratio] of ratios.entries()) await streamer.writeResult(makeRecord(phase, index, ratio))
    }
    await streamer.close()
    const aggregates = await streamer.getAggregatedResults()
    for (const phase of phases) {
      assert.equal(aggregates.phases[phase].count, ratios.length)
      check(readFileSync(join(outputDir, 'results', phase, `part-00000.${format}`)))
    }
  } finally {
    rmSync(outputDir, { recursive: true, force: true })
  }
}
const outputDir = mkdtempSync(join(tmpdir(), 'spillway-smoke-'))
try {
  const rows = Array.from({ length: 50_000 }, (_, n) => ({ n, text: `row number ${n}, and a little more` }))
  const source = { containers: () => [{ id: 'a' }, { id: 'b' }], run: () => [{ n: 1 }], output: () => rows }
  const reader = {
    containers: () => [{ id: 'all' }],
    async *run(_container, { inputs }) {
      for await (const { n } of inputs.first.rows()) if (n % 10_000 === 0) yield { n }
    },
    output: ({ aggregates }) => aggregates.count,
  }
  const coordinator = new Coordinator({ outputDir, topologies: { source, reader } })
  const { directory, phases } = await coordinator.executeWorkflow({
    phases: [
      { name: 'first', topology: 'source' },
      { name: 'second', topology: 'reader', depends_on: ['first'] },
    ],
  })
  assert.equal(phases.first.output.rowCount, rows.length)
  assert.equal(await phases.second.output.get(), 5)
  assert.equal((await inspectRun(directory)).rows, 7)
} finally {
  rmSync(outputDir, { recursive: true, force: true })
}

const { faultyTarget } = await import(pathToFileURL(join(build, 'lib/testing/index.js')).href)
const { JsonlSink } = await import(pathToFileURL(join(build, 'sinks/index.js')).href)
const directory = mkdtempSync(join(tmpdir(), 'spillway-smoke-'))
try {
  const path = join(directory, 'full.jsonl')
  const sink = new JsonlSink({ path, openTarget: faultyTarget({ disk: { freeBytes: 4 } }) })
  await assert.rejects(pipeline([{ n: 1 }], sink), { code: 'ERR_SPILLWAY_IO', place: { path } })
} finally {
  rmSync(directory, { recursive: true, force: true })
}
console.log(`smoke ok on Node ${process.version}`)

function makeRecord(phase, index, ratio) {
  const timestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString()
  return { phase, container: `container_${index}`, timestamp, result: { metrics: { sharpe_ratio: ratio } } }
}

function linesOf(bytes) {
  return bytes.toString().trimEnd().split('\n')
}

function ratioOf(line) {
  return JSON.parse(line).result.metrics.sharpe_ratio
}
