/**
 * `spillway run`, `validate` and `inspect`, from the arguments to the exit code.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { EXIT_CODES } from '../../../../lib/cli/terminal/exit-codes.ts'
import { Interruption } from '../../../../lib/cli/terminal/interrupts.ts'
import type { InspectedRun } from '../../../../lib/monitor/inspect-run.ts'
import { zstdCompress } from '../../../../sinks/parquet/compression/zstd.ts'
import { parseLines, spillway } from '../fake-command-io.ts'
import { nodeArgs } from '../../../helpers/node-process.ts'
import { untilFile } from '../../../helpers/until-file.ts'

const TOPOLOGIES = `
export const search = {
  *containers({ config }) { for (let i = 0; i < (config.containers ?? 3); i++) yield { id: 'c' + i, config: i } },
  *run({ config }) { for (let n = 0; n < 5; n++) yield { n, result: { metrics: { sharpe_ratio: config + n / 10 } } } },
}
export const broken = {
  containers: () => [{ id: 'x' }],
  *run() { yield { n: 0 }; throw new Error('no data for 2019') },
}
export const odd = { containers: () => [{ id: 'x' }], run: () => [{ n: 0 }, { n: Symbol('odd') }] }
export const hanging = {
  containers: () => [{ id: 'x' }],
  async *run() { yield { n: 0 }; yield { n: 1 }; await new Promise(() => {}) },
}
export const stubborn = { ...hanging, run: (spec) => (setInterval(() => {}, 1e6), hanging.run(spec)) }
`

const workflowOf = (...topologies: string[]) =>
  JSON.stringify({
    name: 'trial',
    phases: topologies.map((topology, index) => ({
      name: `p${index}`,
      topology,
      depends_on: index === 0 ? [] : [`p${index - 1}`],
    })),
  })

/** A directory with topologies and a workflow, and the arguments to run it. */
function project(t: Test, ...topologies: string[]) {
  const dir = t.testdir({ 'workflow.json': workflowOf(...topologies), 'topologies.mjs': TOPOLOGIES })
  const out = join(dir, 'out')
  const workflow = join(dir, 'workflow.json')
  const module = join(dir, 'topologies.mjs')
  const args = ['run', workflow, '--topologies', module, '--out', out, '--id', 'nightly']
  return { dir, out, workflow, module, args, run: join(out, 'nightly') }
}

t.test(
  'runs a workflow, prints its result, and without a terminal a line when each phase starts or ends',
  async (t) => {
    const { args, run } = project(t, 'search', 'search')
    const { code, stdout, stderr } = await spillway(args)
    t.equal(code, EXIT_CODES.done)
    t.match(stdout.toString(), /^nightly: completed in [\d.]+m?s\n/)
    t.match(stdout.toString(), /p0 +3 +15 +0 /)
    t.match(stdout.toString(), `spillway inspect ${run}`)
    t.match(stderr, /^p0: started\np0: completed, 3 containers, 15 records, [\d.]+m?s\np1: started\np1: completed/)
    t.ok(existsSync(join(run, 'results/p1/part-00000.jsonl')))
  },
)

t.test('options of the command line take precedence over the workflow file', async (t) => {
  const { args, run } = project(t, 'search')
  t.equal((await spillway([...args, '--format', 'csv', '--buffer-size', '7', '--concurrency', '2', '-q'])).code, 0)
  t.ok(existsSync(join(run, 'results/p0/part-00000.csv')))
  const { workflow } = JSON.parse(readFileSync(join(run, 'workflow.json'), 'utf8')) as { workflow: object }
  t.match(workflow, { id: 'nightly', concurrency: 2, results: { format: 'csv', buffer_size: 7 } })
})

t.test('prints the result as JSON, and nothing else on standard output', async (t) => {
  const { args, run } = project(t, 'search')
  const { stdout, stderr } = await spillway([...args, '--json', '--quiet'])
  t.equal(stderr, '')
  t.match(JSON.parse(stdout.toString()), {
    workflowId: 'nightly',
    status: 'completed',
    directory: run,
    phases: [{ phase: 'p0', status: 'completed', containers: 3, records: 15, counts: { written: 15 }, error: null }],
    aggregatedResults: { writeCount: 15 },
    counts: { recordsIn: 15 },
  })
})

t.test('shows its progress on a terminal', async (t) => {
  const { args } = project(t, 'search')
  const { stderr } = await spillway(args, { terminals: ['stderr'] })
  t.notMatch(stderr, 'started')
})

t.test('a failed phase is reported with its place and the records kept, and where its stack is', async (t) => {
  const { args, run, module } = project(t, 'search', 'broken', 'search')
  const { code, stderr } = await spillway([...args, '--quiet'])
  t.equal(code, EXIT_CODES.failed)
  t.equal(
    stderr,
    `spillway: Container "x" of phase "p1" failed at record 2: no data for 2019 (${module}:8:34). The records before it are kept. Add --debug to see the stack. 1 of 3 phases completed. 16 records are kept in ${run}. To continue: spillway resume ${run}\n`,
  )
  t.equal(parseLines(readFileSync(join(run, 'results/p1/part-00000.jsonl'))).length, 1)

  const again = await spillway(['inspect', run])
  t.match(again.stdout.toString(), /^Run nightly of trial: failed in /)
  t.match(again.stdout.toString(), /p2 +skipped/)
  t.match(again.stdout.toString(), /^ {2}Error: no data for 2019\n {6}at .*topologies\.mjs:8:34/m)
  const stack = /^Error: no data for 2019\n +at .*topologies\.mjs:8:34/
  const inspected = JSON.parse((await spillway(['inspect', run, '--json'])).stdout.toString()) as InspectedRun
  t.match(inspected, { stack, phases: [{ stack: null }, { stack }, { stack: null }] })
  const { stdout } = await spillway([...args.slice(0, -1), 'as-json', '--json', '--quiet'])
  t.match(JSON.parse(stdout.toString()), { phases: [{ stack: null }, { stack }, { stack: null }] })
  const debugged = (await spillway([...args.slice(0, -1), 'debugged', '--debug'])).stderr
  t.match(debugged, /\n {4}at /)
  t.notMatch(debugged, 'Add --debug')
})

t.test('rejected records are counted, and the exit code is 1', async (t) => {
  const { args, run } = project(t, 'odd')
  const { code, stderr } = await spillway([...args, '--quiet'])
  t.equal(code, EXIT_CODES.failed)
  const told = `spillway: 1 record was rejected; see dead-letter.jsonl in ${run}.\n`
  t.equal(stderr, told)
  const again = await spillway(['resume', run, '--json'])
  t.equal(again.code, EXIT_CODES.failed, 'also when the run is complete already')
  t.match(JSON.parse(again.stdout.toString()), { status: 'completed' })
  t.ok(again.stderr.endsWith(told))
})

t.test('an interrupted run keeps the accepted records, and prints how many', async (t) => {
  const { args, run } = project(t, 'search', 'hanging')
  const controller = new AbortController()
  const running = spillway([...args, '--quiet'], { signal: controller.signal })
  const journal = join(run, 'journal/00000001.jsonl')
  while (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('results/p1/')) await new Promise(setImmediate)
  controller.abort(new Interruption('SIGINT'))
  const { code, stderr } = await running
  t.equal(code, EXIT_CODES.interrupted)
  t.equal(
    stderr,
    `spillway: stopped by SIGINT. 1 of 2 phases completed. 17 records are kept in ${run}. To continue: spillway resume ${run}\n`,
  )
  t.match((await spillway(['inspect', run])).stdout.toString(), /aborted/)
})

t.test('Ctrl-C in a separate process does the same', async (t) => {
  const { args, run } = project(t, 'stubborn')
  const main = join(import.meta.dirname, '../../../../lib/cli/main.ts')
  const child = spawn(process.execPath, [...nodeArgs, main, ...args])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const closed = once(child, 'close')
  const journal = join(run, 'journal/00000001.jsonl')
  const isBegun = () => existsSync(journal) && readFileSync(journal, 'utf8').includes('results/p0/')
  await untilFile(journal, isBegun, child)
  child.kill('SIGINT')
  const [code] = (await closed) as [number]
  t.equal(code, EXIT_CODES.interrupted)
  t.match(stderr, /stopped by SIGINT\. 0 of 1 phase completed\. 2 records are kept/)
  t.equal(parseLines(readFileSync(join(run, 'results/p0/part-00000.jsonl'))).length, 2)
})

t.test('with invalid arguments or files nothing is run, and the exit code is 2', async (t) => {
  const { dir, workflow, module, out } = project(t, 'search', 'serch')
  const cases: Record<string, [string[], string]> = {
    'no topologies': [['run', workflow, '--out', out], '--topologies <module>'],
    'no output': [['run', workflow, '--topologies', module], '--out <dir>'],
    'an unknown option': [
      ['run', workflow, '-t', module, '--out', out, '--concurency', '2'],
      'Did you mean --concurrency?',
    ],
    'an unknown format': [['run', workflow, '-t', module, '-o', out, '-f', 'xml'], 'jsonl, csv, parquet'],
    'a count of zero': [['run', workflow, '-t', module, '-o', out, '-c', '0'], 'Expected an integer from 1 up'],
    'no workflow file': [['run', join(dir, 'none.yaml'), '-t', module, '-o', out], 'none.yaml: ENOENT'],
    'no module': [['run', workflow, '-t', join(dir, 'none.mjs'), '-o', out], 'there is no such file'],
    'an unknown topology': [
      ['run', workflow, '-t', module, '-o', out],
      `spillway: ${workflow}:1:90: phases[1].topology: no topology is registered as \`serch\`. Did you mean \`search\`?`,
    ],
    'a hostile id': [['run', workflow, '-t', module, '-o', out, '--id', '..'], 'spillway: '],
    'a directory that is not a run': [['inspect', dir], 'is not a run directory'],
    'a missing directory': [['inspect', join(dir, 'none')], 'There is no file or directory'],
    'a workflow that is not valid': [['validate', workflow, '-t', module], 'serch'],
  }
  for (const [name, [args, message]] of Object.entries(cases)) {
    const { code, stdout, stderr } = await spillway(args)
    t.match({ code, stderr }, { code: EXIT_CODES.usage, stderr: message }, name)
    t.equal(stdout.length, 0)
    t.notMatch(stderr, /\n {4}at /, 'no stack')
  }
  t.strictSame(readdirSync(dir).sort(), ['topologies.mjs', 'workflow.json'], 'nothing was created')
})

t.test('a directory that holds another run is not changed', async (t) => {
  const { args, run } = project(t, 'search')
  await spillway(args)
  const { code, stderr } = await spillway(args)
  t.equal(code, EXIT_CODES.usage)
  t.match(stderr, `${run} already contains another run`)
})

t.test('validates a workflow, with its topologies or without', async (t) => {
  const { workflow, module } = project(t, 'search', 'broken')
  const { code, stdout } = await spillway(['validate', workflow, '--topologies', module])
  t.equal(code, 0)
  t.equal(
    stdout.toString(),
    `${workflow}: trial is a workflow of 2 phases\n  1. p0: search\n  2. p1: broken, after p0\n`,
  )
  t.equal((await spillway(['validate', workflow])).code, 0)
})

const noZstd = zstdCompress === undefined ? {} : { skip: 'Node.js has Zstandard' }

t.test('results that contradict each other are refused before anything is created', noZstd, async (t) => {
  const { args, workflow, run } = project(t, 'search')
  const content = JSON.parse(workflowOf('search')) as object
  writeFileSync(workflow, JSON.stringify({ ...content, results: { compression: 'zstd' } }))
  t.equal((await spillway(['validate', workflow])).code, EXIT_CODES.done, 'JSON lines ignore it')
  const refused = await spillway([...args, '--format', 'parquet'])
  t.equal(refused.code, EXIT_CODES.usage)
  t.match(refused.stderr, /results: Expected another `compression`.*zstd needs Node\.js 22\.15/)
  t.notOk(existsSync(run))
  const results = { format: 'parquet', compression: 'zstd' }
  writeFileSync(workflow, JSON.stringify({ ...content, results }))
  for (const command of [['validate', workflow], args]) {
    const { code, stderr } = await spillway(command)
    t.equal(code, EXIT_CODES.usage)
    t.match(stderr, /:\d+:\d+: results: Expected another `compression`/)
  }
  t.notOk(existsSync(run))
})

t.test('ranks the containers of each phase by themselves', async (t) => {
  const { args } = project(t, 'search', 'search')
  const text = (await spillway([...args, '--quiet'])).stdout.toString()
  const ranking = (phase: string) => `Containers of ${phase} with the highest mean sharpe_ratio`
  t.equal(text.split(ranking('p0')).length, 2)
  t.equal(text.split(ranking('p1')).length, 2)
  t.equal(text.split(/^ {2}c2 +5 +2\.2 +2\.4$/m).length, 3)
})

t.test('says that no record has the objective, which metrics there are, and where they are read', async (t) => {
  const { args, run, workflow } = project(t, 'search')
  const content = JSON.parse(workflowOf('search')) as object
  writeFileSync(workflow, JSON.stringify({ ...content, objective: { metric: 'sharp_ratio' } }))
  const line =
    'No record has the metric `sharp_ratio` of the objective. Metrics seen: sharpe_ratio, read from `result.metrics`. Did you mean `sharpe_ratio`?'
  t.match((await spillway([...args, '--quiet'])).stdout.toString(), `\n\n${line}\n\n`)
  t.match((await spillway(['resume', run, '--quiet'])).stdout.toString(), `\n\n${line}\n\n`)
  t.match((await spillway(['inspect', run])).stdout.toString(), `\n\n${line}\n\n`)
  t.match(JSON.parse((await spillway(['inspect', run, '--json'])).stdout.toString()), {
    aggregates: { missingObjective: { metric: 'sharp_ratio', seen: ['sharpe_ratio'], readFrom: 'result.metrics' } },
  })
})

t.test('says how metrics elsewhere are found', async (t) => {
  const { args } = project(t, 'odd')
  t.match(
    (await spillway([...args, '--quiet'])).stdout.toString(),
    'Metrics seen: none, read from `result.metrics`. It is the default: set `objective` to rank by another metric. Set `metrics` in `fields` of `results` if yours are elsewhere.',
  )
})

t.test('inspects a run: phases, parts, rows, aggregates, and queries that read them', async (t) => {
  const { args, run } = project(t, 'search')
  await spillway([...args, '--format', 'parquet', '--quiet'])
  const { code, stdout } = await spillway(['inspect', run])
  t.equal(code, 0)
  const text = stdout.toString()
  t.match(text, /^Run nightly of trial: completed in [\d.]+m?s, started 2/)
  t.match(text, /15 rows, [\d.]+ k?B, 0 rejected, in /)
  t.match(text, /p0 +completed +3 +15 +0 +1 /)
  t.match(text, /results\/p0\/part-00000\.parquet +15 /)
  t.match(text, /Containers of p0 with the highest mean sharpe_ratio[\s\S]*c2 +5 +2\.2 +2\.4/)
  t.match(text, `SELECT * FROM read_parquet('${run}/results/**/*.parquet', union_by_name = true)`)

  const json = JSON.parse((await spillway(['inspect', run, '--json'])).stdout.toString()) as InspectedRun
  t.match(json, {
    workflowId: 'nightly',
    status: 'completed',
    rows: 15,
    rejected: 0,
    phases: [{ phase: 'p0', status: 'completed', containers: 3, rows: 15, parts: [{ rows: 15 }] }],
    aggregates: { writeCount: 15 },
    queries: { length: 1 },
  })
})
