/**
 * The code in the README runs as it stands.
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const root = join(import.meta.dirname, '..')
const entry = pathToFileURL(join(root, 'lib/index.ts')).href
const testing = pathToFileURL(join(root, 'lib/testing/index.ts')).href
const tsx = import.meta.resolve('tsx')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const examples = blocks('js')

/** The blocks of code in a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code ?? '')
}

/** Code of the README, with the sources in place of the package. */
function fromSources(code: string): string {
  return code.replaceAll("'spillway'", `'${entry}'`).replaceAll("'spillway/testing'", `'${testing}'`)
}

async function run(dir: string, code: string): Promise<string> {
  const script = join(dir, 'example.mjs')
  writeFileSync(script, fromSources(code))
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, script], { cwd: dir })
  return stdout
}

void t.test('there are examples', (t) => {
  t.equal(examples.length, 8)
  t.equal(blocks('yaml').length, 1)
  t.end()
})

void t.test('the workflow runs with its topologies, from code and from the command line', async (t) => {
  const dir = t.testdir({ 'workflow.yaml': blocks('yaml')[0] ?? '', 'topologies.js': fromSources(examples[0] ?? '') })
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  t.match(await run(dir, examples[1] ?? ''), /^completed 3 \{ best: 0\.\d+ \}\n$/)
  t.equal(readdirSync(join(dir, 'results')).length, 2, 'one run by executeWorkflow, one by stream')

  const command = join(root, 'lib/cli/main.ts')
  const args = ['run', 'workflow.yaml', '--topologies', 'topologies.js', '--out', 'out', '--id', 'nightly']
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, command, ...args], { cwd: dir })
  t.match(stdout, /^nightly: completed in/)
  t.ok(existsSync(join(dir, 'out/nightly/results/optimization/part-00000.parquet')))
})

void t.test('the streamer writes the files it names and prints the best container', async (t) => {
  const dir = t.testdir()
  const output = await run(dir, examples[2] ?? '')
  // Of the whole numbers from 2 to 49, 33 has the largest sine.
  t.match(output, /^fast=33 /)
  t.ok(existsSync(join(dir, 'results/search-1/results/optimization/part-00000.parquet')))
  t.ok(existsSync(join(dir, 'results/search-1/aggregates.json')))
})

void t.test('each record is acknowledged', async (t) => {
  const dir = t.testdir()
  const output = await run(dir, examples[3] ?? '')
  t.match(output, /recordsIn: 3/)
  t.equal(readFileSync(join(dir, 'results/demo/results/a/part-00000.jsonl'), 'utf8').split('\n').length, 3)
})

void t.test('the stages alone convert what they can and warn of the rest', async (t) => {
  const lines = [
    '{"container":"a","result":{"metrics":{"accuracy":0.5}}}',
    '{broken',
    '{"container":"b","result":{"metrics":{"accuracy":0.75}}}',
  ]
  const dir = t.testdir({ 'evaluations.jsonl': `${lines.join('\n')}\n` })
  const output = await run(dir, examples[4] ?? '')
  t.match(output, /container: 'b'/)
  t.equal(readFileSync(join(dir, 'evaluations.csv'), 'utf8'), 'container,result.metrics.accuracy\na,0.5\nb,0.75\n')
})

void t.test('a disk gets full, and a source breaks', async (t) => {
  const dir = t.testdir()
  t.equal(await run(dir, examples[5] ?? ''), 'ERR_SPILLWAY_IO ENOSPC\nthe source broke\n')
  t.match(readFileSync(join(dir, 'numbers.jsonl'), 'utf8'), /^(\{"n":\d+\}\n)*\{"n":9\}\n$/)
})

void t.test('a script is killed at every operation', async (t) => {
  const dir = t.testdir({ 'package.json': '{ "type": "module" }', 'work.js': fromSources(examples[6] ?? '') })
  const lines = (await run(dir, examples[7] ?? '')).trim().split('\n')
  t.equal(lines[0], 'before operation 1 (open): "no file"')
  t.ok(lines.includes('middle operation 2 (write): "{\\"n\\":0}\\n"'))
  t.equal(lines.at(-1), String(lines.length - 1), 'the number of kills is told last')
  t.equal(readFileSync(join(dir, 'work.jsonl'), 'utf8'), '{"n":0}\n{"n":1}\n')
})
