/**
 * The code in the README runs as it stands.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const root = join(import.meta.dirname, '..')
const entry = pathToFileURL(join(root, 'lib/index.ts')).href
const tsx = import.meta.resolve('tsx')
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, code]) => code ?? '',
)

async function run(dir: string, code: string): Promise<string> {
  const script = join(dir, 'example.mjs')
  writeFileSync(script, code.replaceAll("'spillway'", `'${entry}'`))
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, script], { cwd: dir })
  return stdout
}

void t.test('there are examples', (t) => {
  t.equal(examples.length, 3)
  t.end()
})

void t.test('the first example writes the files it names and prints the best container', async (t) => {
  const dir = t.testdir()
  const output = await run(dir, examples[0] ?? '')
  // Of the whole numbers from 2 to 49, 33 has the largest sine.
  t.match(output, /^fast=33 /)
  t.ok(existsSync(join(dir, 'results/search-1/results/optimization/part-00000.parquet')))
  t.ok(existsSync(join(dir, 'results/search-1/aggregates.json')))
})

void t.test('the second example acknowledges each record', async (t) => {
  const dir = t.testdir()
  const output = await run(dir, examples[1] ?? '')
  t.match(output, /recordsIn: 3/)
  t.equal(readFileSync(join(dir, 'results/demo/results/a/part-00000.jsonl'), 'utf8').split('\n').length, 3)
})

void t.test('the third example converts what it can and warns of the rest', async (t) => {
  const lines = [
    '{"container":"a","result":{"metrics":{"accuracy":0.5}}}',
    '{broken',
    '{"container":"b","result":{"metrics":{"accuracy":0.75}}}',
  ]
  const dir = t.testdir({ 'evaluations.jsonl': `${lines.join('\n')}\n` })
  const output = await run(dir, examples[2] ?? '')
  t.match(output, /container: 'b'/)
  t.equal(readFileSync(join(dir, 'evaluations.csv'), 'utf8'), 'container,result.metrics.accuracy\na,0.5\nb,0.75\n')
})
