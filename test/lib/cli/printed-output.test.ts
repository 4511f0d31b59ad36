/**
 * What the commands print: names from outside are escaped, text fits the terminal, and output that cannot be written is
 * an error. Exit codes agree between commands.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { nodeArgs } from '../../helpers/node-process.ts'
import { spillway } from './fake-command-io.ts'

const EVIL = 'x\u001b[31m\u202e\u0007'
const SHOWN = String.raw`x\x1b[31m\u202e\x07`

const dir = t.testdir({
  'topologies.mjs': `
export const t = {
  containers: () => [{ id: ${JSON.stringify(EVIL)} + 'c'.repeat(200) }, { id: 'short' }],
  *run(spec) {
    if (spec.config?.fails) throw new Error('never')
    yield { n: 1, result: { metrics: { score: 1 } } }
  },
}
export const failing = { containers: () => [{ id: ${JSON.stringify(EVIL)} }], *run() { yield { n: 1 }; throw new Error(${JSON.stringify(EVIL)}) } }
`,
  'w.json': JSON.stringify({
    name: EVIL,
    id: 'run',
    phases: [{ name: EVIL, topology: 't' }],
    objective: { metric: 'score' },
  }),
  'failing.json': JSON.stringify({
    name: 'f',
    id: 'failed',
    phases: [{ name: EVIL, topology: 'failing' }],
  }),
})
const at = (name: string) => join(dir, name)
const runArgs = (workflow: string) => ['run', at(workflow), '--topologies', at('topologies.mjs'), '--out', at('runs')]

/** Fails for a character that changes what a terminal shows. */
function isSafe(t: Test, printed: string, title: string): void {
  // eslint-disable-next-line no-control-regex
  t.notMatch(printed, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/, title)
}

t.test('names, ids and values are printed escaped by every command', async (t) => {
  const commands: string[][] = [
    ['validate', at('w.json')],
    runArgs('w.json'),
    ['inspect', at('runs/run')],
    ['inspect', at('runs/run'), '--json'],
    ['verify', at('runs/run')],
    ['verify', at('runs/run'), '--json'],
    ['repair', at('runs/run')],
    ['resume', at('runs/run')],
    ['resume', at('runs/run'), '--json'],
    runArgs('failing.json'),
    ['resume', at('runs/failed'), '--debug'],
    ['inspect', at('runs/failed')],
    ['verify', at('runs/failed')],
    ['repair', at('runs/failed')],
    ['convert', at(`${EVIL}.jsonl`), '--out', at(`${EVIL}.csv`)],
    ['convert', at(`${EVIL}.jsonl`), '--out', at(`${EVIL}.csv`)],
    ['convert', at('w.json'), `--${EVIL}`],
    ['repair', at(EVIL)],
    [EVIL],
  ]
  writeFileSync(at(`${EVIL}.jsonl`), `{"n":1}\n{"${JSON.stringify(EVIL).slice(1, -1)}":${EVIL}\n`)
  for (const args of commands) {
    const run = await spillway(args, { terminals: [] })
    const printed = `${run.stdout.toString()}${run.stderr}`
    const title = args.map((arg) => JSON.stringify(arg)).join(' ')
    isSafe(t, printed, title)
    if (args[0] !== 'repair' || args[1] === at(EVIL))
      t.match(printed, args.includes('--json') ? /x\\u001b\[31m\\u202e\\u0007/ : SHOWN, title)
    if (args.includes('--json'))
      t.ok(JSON.stringify(JSON.parse(run.stdout.toString())).includes(JSON.stringify(EVIL).slice(1, -1)))
  }
  t.notOk(existsSync(at(EVIL)))
})

t.test('tables fit the terminal, and are whole on a pipe', async (t) => {
  for (const columns of [60, 80, 100]) {
    const run = await spillway(['inspect', at('runs/run')], { terminals: ['stdout'], columns })
    const table = run.stdout
      .toString()
      .split('\n')
      .filter((line) => /^ {2}\S/.test(line) && !/FROM|SELECT/i.test(line))
    t.ok(table.length > 8)
    t.strictSame(
      table.filter((line) => line.length > columns),
      [],
      `${columns} columns`,
    )
    const help = await spillway(['run', '--help'], { terminals: ['stdout'], columns })
    t.strictSame(
      help.stdout
        .toString()
        .split('\n')
        .filter((line) => line.length > columns),
      [],
      `help in ${columns} columns`,
    )
  }
  t.match((await spillway(['inspect', at('runs/run')])).stdout.toString(), `${SHOWN}${'c'.repeat(200)}`)
})

t.test('a path without a run has the same exit code and message in each command', async (t) => {
  writeFileSync(at('file'), '')
  for (const command of ['repair', 'verify', 'inspect', 'resume']) {
    const missing = at('nope')
    t.match(
      await spillway([command, missing]),
      { code: 2, stderr: `spillway: There is no file or directory ${missing}.\n` },
      command,
    )
    const run = await spillway([command, dir])
    t.match(run, { code: 2, stderr: `spillway: ${dir} is not a run directory: it has no journal.` }, command)
    if (command !== 'repair')
      t.match(await spillway([command, at('file')]), { code: 2, stderr: 'is a file, not a run directory' }, command)
  }
  t.match(await spillway(['convert', at('nope.csv'), '--out', at('o.jsonl')]), { code: 2, stderr: 'There is no file' })
})

t.test('a damaged journal has the same exit code in each command', async (t) => {
  const copy = t.testdir({ journal: {} })
  const name = readdirSync(at('runs/run/journal')).find((file) => file.endsWith('.jsonl')) ?? ''
  writeFileSync(join(copy, 'journal', name), 'damaged\nlines\n')
  for (const command of ['repair', 'verify', 'inspect', 'resume'])
    t.equal((await spillway([command, copy])).code, 1, command)
})

t.test('an unknown option is named before missing ones, which are named all at once', async (t) => {
  const stderr = async (...args: string[]) => (await spillway(args)).stderr
  t.match(await stderr('run', 'w.json', '--nope'), /^spillway: unknown option '--nope'/)
  t.match(await stderr('convert', 'w.json', '--nope'), /^spillway: unknown option '--nope'/)
  t.equal(
    await stderr('run', 'w.json'),
    "spillway: required options '-t, --topologies <module>' and '-o, --out <dir>' not specified\n",
  )
  t.equal(await stderr('run', 'w.json', '-t', 'x'), "spillway: required option '-o, --out <dir>' not specified\n")
  t.equal(await stderr('convert', 'w.json'), "spillway: required option '-o, --out <file>' not specified\n")
})

t.test('an output below /proc fails at once', { skip: !existsSync('/proc/self') && 'there is no /proc' }, async (t) => {
  const run = await spillway(['run', at('w.json'), '-t', at('topologies.mjs'), '-o', '/proc/spillway'])
  t.match(run, { code: 2, stderr: /^spillway: The directory \/proc\/spillway cannot be made: .*Choose another place/ })
  const convert = await spillway(['convert', at(`${EVIL}.jsonl`), '--out', '/proc/spillway/a.csv'])
  t.match(convert, {
    code: 2,
    stderr: /^spillway: The directory \/proc\/spillway cannot be made: .*Choose another place/,
  })
})

t.test('one record is kept', async (t) => {
  t.match((await spillway(runArgs('failing.json').concat('--id', 'one'))).stderr, '1 record is kept in')
})

t.test('an input without records or columns gives an empty file, and no Parquet', async (t) => {
  for (const [name, content] of Object.entries({ 'e.jsonl': '', 'e.json': '[]', 'e.csv': '' })) {
    writeFileSync(at(name), content)
    for (const to of ['jsonl', 'csv']) {
      const out = at(`empty-${name}.${to}`)
      t.equal((await spillway(['convert', at(name), '--out', out])).code, 0)
      t.equal(readFileSync(out, 'utf8'), '', `${name} to ${to}`)
    }
    const out = at(`empty-${name}.parquet`)
    const run = await spillway(['convert', at(name), '--out', out])
    t.match(run, { code: 1, stderr: /^spillway: The input has no records and no columns, .* Write JSON lines/ }, name)
    t.notOk(existsSync(out))
  }
  writeFileSync(at('header.csv'), 'a,b\n')
  t.equal((await spillway(['convert', at('header.csv'), '--out', at('header.parquet')])).code, 0)
  t.equal((await spillway(['convert', at('header.parquet'), '--out', at('again.csv')])).code, 0)
  t.equal(readFileSync(at('again.csv'), 'utf8'), 'a,b\n')
})

/** Runs the command in a shell, and returns its exit code and what it prints on standard error. */
async function shell(script: string): Promise<{ code: number; stderr: string }> {
  const main = new URL('../../../lib/cli/main.ts', import.meta.url).pathname
  const command = [process.execPath, ...nodeArgs, main].map((arg) => `'${arg}'`).join(' ')
  const child = spawn('bash', ['-c', `unset NODE_OPTIONS\nspillway() { ${command} "$@"; }\n${script}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>])
  return { code, stderr }
}

t.test(
  'output that cannot be written is exit code 1',
  { skip: !existsSync('/dev/full') && 'there is no /dev/full' },
  async (t) => {
    const inspect = `spillway inspect '${at('runs/run')}'`
    for (const command of [
      'spillway --help',
      'spillway --version',
      'spillway run --help',
      inspect,
      `${inspect} --json`,
    ]) {
      const { code, stderr } = await shell(`${command} >/dev/full`)
      t.equal(code, 1, command)
      t.match(stderr, /^spillway: Cannot write to standard output: ENOSPC.*\n$/, command)
    }
  },
)

t.test('a closed pipe ends a command without a message', async (t) => {
  const closed = (command: string) => shell(`${command} | true; exit \${PIPESTATUS[0]}`)
  t.strictSame(await closed(`spillway inspect '${at('runs/run')}' --json`), { code: 0, stderr: '' })
  t.strictSame(await closed('spillway --help'), { code: 0, stderr: '' })
})
