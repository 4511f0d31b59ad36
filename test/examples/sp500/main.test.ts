import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { nodeArgs } from '../../helpers/node-process.ts'

const main = join(import.meta.dirname, '../../../examples/sp500/main.ts')

interface Outcome {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

/** Runs the example as `npm start` does. */
function start(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...nodeArgs, main, ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr })
    })
  })
}

t.test('runs the workflow, and prints its report', async (t) => {
  const out = t.testdir()
  const { code, stdout, stderr } = await start('--out', out, '--sets', '20', '--format', 'csv')
  t.strictSame([code, stderr], [0, ''])
  t.match(stdout, /^S&P 500: .*\n20 parameter sets/)
  const [run, ...others] = readdirSync(out)
  t.strictSame(others, [])
  t.match(run, /^sp500_search-\d{8}T\d{6}Z$/)
  t.ok(stdout.includes(`Files in ${join(out, run!)}\n`))
  for (const phase of ['signal_generation', 'parameter_optimization', 'analysis']) {
    t.strictSame(readdirSync(join(out, run!, 'results', phase)), ['part-00000.csv'])
  }
})

t.test('reports an invalid option, and writes nothing', async (t) => {
  const out = t.testdir()
  for (const [args, message] of [
    [['--sets', '0'], /Expected `--sets` to be an integer from 1 up, got 0/],
    [['--format', 'xml'], /Expected `--format` to be one of 'jsonl', 'csv', 'parquet', got 'xml'/],
    [['--color'], /--color/],
  ] as const) {
    const { code, stdout, stderr } = await start('--out', out, ...args)
    t.strictSame([code, stdout], [1, ''])
    t.match(stderr, message)
  }
  t.strictSame(readdirSync(out), [])
})

t.test('prints its options with --help', async (t) => {
  const { code, stdout } = await start('--help')
  t.equal(code, 0)
  for (const option of ['--out', '--format', '--sets']) t.ok(stdout.includes(option), option)
})

t.test('a failed run reports its error', async (t) => {
  const out = t.testdir({ 'a file': '' })
  const { code, stderr } = await start('--out', join(out, 'a file'), '--sets', '1')
  t.equal(code, 1)
  t.match(stderr, /a file/)
})
