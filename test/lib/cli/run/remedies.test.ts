/** What `verify`, `repair` and `resume` advise for a damaged run is typed as printed, and gives the undisturbed run. */
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { contentOf, workflowOf } from '../../../helpers/three-phase-run.ts'
import { spillway } from '../fake-command-io.ts'

const HELPER = new URL('../../../helpers/three-phase-run.ts', import.meta.url).href

/** A complete run in a directory whose name needs quotes. */
async function completeRun(t: Test) {
  const dir = t.testdir({
    'three.json': JSON.stringify({ workflow: workflowOf('jsonl') }),
    'topologies.mjs': `import { topologiesOf } from ${JSON.stringify(HELPER)}
      export const { records, storing, reading } = topologiesOf()`,
  })
  const out = join(dir, "a user's runs")
  const args = ['run', join(dir, 'three.json'), '--topologies', join(dir, 'topologies.mjs'), '--out', out, '-q']
  t.equal((await spillway(args)).code, 1, 'records are rejected')
  return join(out, 'run')
}

/** The arguments of a command as a shell takes them. */
function argumentsOf(command: string): string[] {
  const [name, ...args] = Array.from(command.matchAll(/(?:'[^']*'|\\.|[^\s'])+/g), ([word]) =>
    word.replaceAll(/'([^']*)'|\\(.)/g, '$1$2'),
  )
  t.equal(name, 'spillway')
  return args
}

/** The commands at the end of what was printed. */
function advisedIn(stdout: Buffer): string[] {
  const [, commands = ''] = stdout.toString().split('This mends it:\n')
  return commands.split('\n').flatMap((line) => line.trim() || [])
}

function change(path: string, from: string | RegExp, to: string): void {
  const before = readFileSync(path, 'utf8')
  const after = before.replace(from, to)
  t.not(after, before, path)
  writeFileSync(path, after)
}

interface Damage {
  readonly damage: (run: string) => void
  readonly advised: readonly RegExp[]
  /** Whether a resume refuses the run, too. */
  readonly isRefused?: false
}

const REPAIR = /^spillway repair '.*'$/
const rerun = (phases: string) => new RegExp(`^spillway resume '.*' --accept-changes ${phases}$`)

const damages: Readonly<Record<string, Damage>> = {
  'a changed part': {
    damage: (run) => {
      change(join(run, 'results/a/part-00000.jsonl'), '"n":1', '"n":7')
    },
    advised: [rerun('a')],
  },
  'a missing part': {
    damage: (run) => {
      rmSync(join(run, 'results/a/part-00001.jsonl'))
    },
    advised: [rerun('a')],
  },
  'a part of another run': {
    damage: (run) => {
      cpSync(join(run, 'results/a/part-00000.jsonl'), join(run, 'results/a/part-00099.jsonl'))
    },
    advised: [REPAIR],
  },
  'changed aggregates': {
    damage: (run) => {
      change(join(run, 'aggregates.json'), /"count": \d+/, '"count": 1')
    },
    advised: [REPAIR],
  },
  'missing aggregates': {
    damage: (run) => {
      rmSync(join(run, 'aggregates.json'))
    },
    advised: [REPAIR],
  },
  'a changed workflow file': {
    damage: (run) => {
      change(join(run, 'workflow.json'), '"checkpoint_records": 4', '"checkpoint_records": 5')
    },
    isRefused: false,
    advised: [REPAIR],
  },
  'a missing workflow file': {
    damage: (run) => {
      rmSync(join(run, 'workflow.json'))
    },
    isRefused: false,
    advised: [REPAIR],
  },
  'a changed dead letter': {
    damage: (run) => {
      change(join(run, 'dead-letter.jsonl'), 'record 3 of c0', 'record 3 of c9')
    },
    advised: [rerun('a')],
  },
  'missing dead letters': {
    damage: (run) => {
      rmSync(join(run, 'dead-letter.jsonl'))
    },
    advised: [rerun('a b')],
  },
  'an added dead letter': {
    damage: (run) => {
      const path = join(run, 'dead-letter.jsonl')
      appendFileSync(path, readFileSync(path, 'utf8').split(/(?<=\n)/)[0] ?? '')
    },
    advised: [REPAIR],
  },
  'a repeated dead letter': {
    damage: (run) => {
      change(join(run, 'dead-letter.jsonl'), /^(.*\n)/, '$1$1')
    },
    advised: [REPAIR],
  },
  'a changed output': {
    damage: (run) => {
      change(join(run, 'outputs/s/output.json'), /"bytes": \d/, '"bytes": 0')
    },
    advised: [rerun('s')],
  },
  'a missing output': {
    damage: (run) => {
      rmSync(join(run, 'outputs/s'), { recursive: true })
    },
    advised: [rerun('s')],
  },
  'a changed log of aggregates': {
    damage: (run) => {
      const log = join(run, 'journal/aggregates/a')
      change(join(log, readdirSync(log)[0] ?? ''), 'sharpe', 'sharpf')
    },
    advised: [rerun('a')],
  },
  'a changed log of containers': {
    damage: (run) => {
      change(join(run, 'journal/containers/b/ids.jsonl'), 'r1', 'r7')
    },
    advised: [rerun('b')],
  },
  'a changed last line of the journal, after which the run is not complete': {
    damage: (run) => {
      change(join(run, 'journal/00000001.jsonl'), '"run-ended"', '"run-endet"')
    },
    isRefused: false,
    advised: [REPAIR],
  },
  'several damages': {
    damage: (run) => {
      change(join(run, 'results/b/part-00000.jsonl'), '"n":1', '"n":7')
      rmSync(join(run, 'aggregates.json'))
      rmSync(join(run, 'workflow.json'))
      rmSync(join(run, 'outputs/s'), { recursive: true })
    },
    advised: [REPAIR, rerun('s b')],
  },
}

for (const [name, { damage, advised, isRefused = true }] of Object.entries(damages)) {
  t.test(`${name}: the commands that verify prints mend it`, async (t) => {
    const run = await completeRun(t)
    const expected = await contentOf(run, 'jsonl')
    damage(run)
    if (isRefused) {
      const resumed = await spillway(['resume', run, '-q'])
      t.equal(resumed.code, 1)
      t.match(
        resumed.stderr,
        /is complete, but damaged: .* This mends it: spillway re|Make the file anew: `spillway repair/,
      )
    }
    const verified = await spillway(['verify', run])
    t.equal(verified.code, 1)
    const commands = advisedIn(verified.stdout)
    t.match(commands, advised)
    t.equal(commands.length, advised.length)
    t.match(JSON.parse((await spillway(['verify', run, '--json'])).stdout.toString()), { remedies: commands })
    for (const command of commands) t.equal((await spillway(argumentsOf(command))).code === 2, false, command)
    t.equal((await spillway(['resume', run, '-q'])).code, 1, 'three rejected records')
    t.strictSame(await contentOf(run, 'jsonl'), expected)
    t.match((await spillway(['verify', run])).stdout.toString(), /completed: all files match the journal/)
  })
}

t.test('repair says what it cannot mend, and the commands that do', async (t) => {
  const run = await completeRun(t)
  const expected = await contentOf(run, 'jsonl')
  const before = await spillway(['repair', run])
  t.equal(before.code, 0)
  t.match(before.stdout.toString(), /nothing was changed/)
  damages['several damages']?.damage(run)
  const repaired = await spillway(['repair', run])
  t.equal(repaired.code, 1)
  t.match(repaired.stdout.toString(), /MENDED: workflow\.json/)
  t.match(repaired.stdout.toString(), /PROBLEM: results\/b\/part-00000\.jsonl: .*\n/)
  t.match(repaired.stdout.toString(), /2 problems that a repair cannot mend/)
  const commands = advisedIn(repaired.stdout)
  t.match(commands, [rerun('s b')])
  for (const command of commands) await spillway([...argumentsOf(command), '-q'])
  t.strictSame(await contentOf(run, 'jsonl'), expected)
  t.equal((await spillway(['verify', run])).code, 0)
})
