/**
 * `spillway convert` with real data, read back by DuckDB, and in a separate process with pipes and signals.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import t from 'tap'
import { jsonl, parseLines, spillway } from '../lib/cli/fake-command-io.ts'
import { nodeArgs } from '../helpers/node-process.ts'
import { untilFile } from '../helpers/until-file.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = join(root, 'lib/cli/main.ts')
const data = join(root, 'node_modules/vega-datasets/data')
const formats = ['jsonl', 'csv', 'parquet'] as const
const env = { ...process.env, NODE_OPTIONS: '', TAP: '' }

const duckDb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()

/** The DuckDB function that reads a file of each format. */
const readers: Record<string, (path: string) => string> = {
  json: (path) => `read_json('${path}', format = 'array')`,
  jsonl: (path) => `read_json('${path}', format = 'newline_delimited', sample_size = -1)`,
  csv: (path) => `read_csv('${path}', header = true, sample_size = -1)`,
  parquet: (path) => `read_parquet('${path}')`,
}

t.test('converts every format to every other and back', async (t) => {
  const records = [
    { id: 1, name: 'a "quoted", b\nc', ok: true, m: { x: 0.1, y: -2.5 }, big: 12345678901234567 },
    { id: 2, name: '', ok: false, m: { x: 1e300, y: 0 }, big: 3 },
    { id: 3, name: 'ü', ok: true, m: { x: 3, y: 4.5 }, big: -7 },
  ]
  const text = jsonl(records).replace('12345678901234568', '12345678901234567')
  const dir = t.testdir({ 'in.jsonl': text, 'in.json': `[${text.trim().split('\n').join(',')}]` })
  for (const from of [...formats, 'json', 'tsv'] as const) {
    const input = join(dir, `in.${from}`)
    if (!existsSync(input)) {
      const to = from === 'tsv' ? ['--to', 'csv'] : []
      t.equal((await spillway(['convert', join(dir, 'in.jsonl'), ...to, '--out', input])).code, 0)
    }
    for (const to of formats) {
      const out = join(dir, `${from}-to.${to}`)
      t.equal((await spillway(['convert', input, '--nest', '--out', out])).code, 0, `${from} to ${to}`)
      const back = await spillway(['convert', out, '--nest', '--to', 'jsonl', '--out', '-'])
      t.equal(back.stdout.toString(), text, `${from} to ${to} and back`)
    }
  }
})

t.test('real data has the same counts and sums in every format', async (t) => {
  const dir = t.testdir({})
  const cases: [string, string][] = [
    ['sp500-2000.csv', 'count(*), sum(close), sum(volume), min(date), max(date)'],
    ['airports.csv', 'count(*), sum(latitude), count(state), count(DISTINCT iata)'],
    ['flights-5k.json', 'count(*), sum(delay), sum(distance), min(origin), count(DISTINCT destination)'],
    ['movies.json', 'count(*), sum("IMDB Rating"), sum("US Gross"), count("Major Genre"), count(DISTINCT Title)'],
    ['cars.json', 'count(*), sum(Miles_per_Gallon), count(Horsepower), count(DISTINCT Name)'],
  ]
  for (const [name, figures] of cases) {
    const expected = await query(figures, readers[name.split('.')[1]!]!(join(data, name)))
    for (const format of formats) {
      const out = join(dir, `${name}.${format}`)
      const run = await spillway(['convert', join(data, name), '--out', out])
      t.equal(run.code, 0, run.stderr)
      t.strictSame(await query(figures, readers[format]!(out)), expected, `${name} as ${format}`)
    }
  }
})

t.test('runs from the command line', async (t) => {
  const dir = t.testdir({ 'in.jsonl': '{"id":1}\nbad\n' })
  const run = await command(['convert', 'in.jsonl', '--to', 'csv', '--out', '-'], dir)
  t.equal(run.code, 1)
  t.equal(run.stdout, 'id\n1\n')
  t.match(run.stderr, /^1 record written to standard output, 1 rejected .*\nspillway: 1 record was rejected .*\n$/)
  t.equal(parseLines(readFileSync(join(dir, 'in.jsonl.dead-letter.jsonl'), 'utf8')).length, 1)
})

t.test('stops when the reader closes its output', async (t) => {
  const dir = t.testdir({})
  writeFileSync(
    join(dir, 'in.jsonl'),
    jsonl(Array.from({ length: 100_000 }, (_, id) => ({ id, text: 'x'.repeat(20) }))),
  )
  const script = `set -o pipefail; "$1" ${nodeArgs.join(' ')} "$2" convert "$3" --to csv --out - | head -1; echo "\${PIPESTATUS[@]}"`
  const args = ['-c', script, 'bash', process.execPath, main, join(dir, 'in.jsonl')]
  const { stdout, stderr } = await finished('bash', args, root)
  t.equal(stdout, 'id,text\n1 0\n')
  t.equal(stderr, '')
})

t.test('completes its file on Ctrl-C with an endless input', async (t) => {
  const dir = t.testdir({})
  const out = join(dir, 'out.csv')
  const args = [...nodeArgs, main, 'convert', '--from', 'jsonl', '--out', out]
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['pipe', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  child.stdin.write('{"id":1}\n{"id":2}\n')
  child.stdin.on('error', () => {})
  const stderr = child.stderr.toArray()
  // The output is opened with the first record.
  await untilFile(out, () => existsSync(out), child)
  child.kill('SIGINT')
  t.strictSame(await ended, [130, null])
  t.equal(Buffer.concat(await stderr).toString(), `spillway: stopped by SIGINT. 2 records were written to ${out}.\n`)
  t.equal(readFileSync(out, 'utf8'), 'id\n1\n2\n')
})

async function query(figures: string, table: string): Promise<unknown> {
  const reader = await duckDb.runAndReadAll(`SELECT ${figures} FROM ${table}`)
  return reader.getRows()[0]?.map(comparable)
}

/** Rounds numbers: the last digits of a sum of doubles depend on its order. Integers may be bigints or not. */
function comparable(value: unknown): string {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' ? number.toPrecision(12) : String(value)
}

function command(args: readonly string[], cwd: string): ReturnType<typeof finished> {
  return finished(process.execPath, [...nodeArgs, main, ...args], cwd)
}

function finished(
  file: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd, env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
    child.stdin?.end()
  })
}
