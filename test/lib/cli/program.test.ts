import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { jsonl, spillway } from './fake-command-io.ts'

const dir = t.testdir({ 'a.jsonl': jsonl([{ id: 1 }]), 'a.csv': 'id\n1\n' })
const input = join(dir, 'a.jsonl')
const csv = join(dir, 'a.csv')
const out = join(dir, 'never.csv')

t.test('prints the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const run = await spillway(['--version'])
  t.equal(run.stdout.toString(), `${version}\n`)
  t.equal(run.code, 0)
})

t.test('prints help with --help', async (t) => {
  const run = await spillway(['convert', '--help'])
  t.equal(run.code, 0)
  t.match(run.stdout.toString(), /--dead-letter <file>[\s\S]*Examples:/)
  t.equal(run.stderr, '')
})

t.test('prints its help as an error when no command is given', async (t) => {
  const run = await spillway([])
  t.equal(run.code, 2)
  t.match(run.stderr, 'Commands:')
})

t.test('rejects invalid arguments with exit code 2', async (t) => {
  const cases: Record<string, [string[], string | RegExp]> = {
    'an unknown option': [['convert', input, '--out', out, '--overwritte'], 'Did you mean --overwrite?'],
    'an unknown command': [['convrt'], 'Did you mean convert?'],
    'no output': [['convert', input], '--out <file>'],
    'two inputs': [['convert', input, input, '--out', out], 'too many arguments'],
    'an unknown format': [['convert', input, '--to', 'xml', '--out', out], 'Allowed choices are jsonl, csv, parquet'],
    'an output name of unknown format': [['convert', input, '--out', join(dir, 'x')], 'add --to'],
    'JSON documents as output': [['convert', input, '--out', join(dir, 'x.json')], '--to jsonl'],
    'an input name of unknown format': [['convert', join(dir, 'x'), '--out', out], 'add --from'],
    'standard input without a format': [['convert', '--out', out], 'standard input, which has no name'],
    'standard output without a format': [['convert', input, '--out', '-'], 'standard output, which has no name'],
    'Parquet on standard input': [['convert', '--from', 'parquet', '--out', out], 'cannot be read from standard input'],
    'a count that is not a number': [
      ['convert', input, '--out', out, '--max-line-bytes', 'many'],
      'Expected an integer from 1 up',
    ],
    'a line longer than a string': [
      ['convert', input, '--to', 'jsonl', '--out', out, '--max-line-bytes', '9999999999'],
      '--max-line-bytes',
    ],
    'snappy for text': [['convert', input, '--out', out, '--compression', 'snappy'], 'for Parquet'],
    'a delimiter for JSON lines': [['convert', input, '--out', out, '--delimiter', ';'], 'for CSV input'],
    'a delimiter of two characters': [['convert', csv, '--out', out, '--delimiter', ';;'], 'one character'],
    'text cells of JSON lines': [['convert', input, '--out', out, '--all-text'], 'for CSV input'],
  }
  for (const [title, [args, message]] of Object.entries(cases)) {
    const run = await spillway(args)
    t.equal(run.code, 2, title)
    t.match(run.stderr, message, title)
    t.match(run.stderr, /^spillway: /, title)
    t.equal(run.stdout.length, 0, title)
  }
})

t.test('fails when standard input is a terminal', async (t) => {
  const run = await spillway(['convert', '--from', 'jsonl', '--out', out], { terminals: ['stdin'] })
  t.equal(run.code, 2)
  t.match(run.stderr, 'There is no input')
})

t.test('does not write Parquet to a terminal', async (t) => {
  const run = await spillway(['convert', input, '--to', 'parquet', '--out', '-'], { terminals: ['stdout'] })
  t.equal(run.code, 2)
  t.equal(run.stdout.length, 0)
})

t.test('prints the stack of an error only with --debug', async (t) => {
  const args = ['convert', join(dir, 'missing.jsonl'), '--out', out]
  const run = await spillway(args)
  t.equal(run.code, 2)
  t.equal(run.stderr, `spillway: There is no file ${join(dir, 'missing.jsonl')}.\n`)
  t.match((await spillway([...args, '--debug'])).stderr, /\n +at .*check-places/)
})
