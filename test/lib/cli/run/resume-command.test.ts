/**
 * `spillway resume`, `verify` and `repair` of runs, from the arguments to the exit code.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { EXIT_CODES } from '../../../../lib/cli/terminal/exit-codes.ts'
import { spillway } from '../fake-command-io.ts'
import { nodeArgs } from '../../../helpers/node-process.ts'

const TOPOLOGIES = `
import { existsSync } from 'node:fs'
const fixed = new URL('fixed', import.meta.url)
export const search = {
  *containers() { for (let i = 0; i < 3; i++) yield { id: 'c' + i, config: i } },
  *run({ config }) {
    for (let n = 0; n < 5; n++) {
      if (config === 1 && n === 3 && !existsSync(fixed)) throw new Error('not fixed')
      yield { n, result: { metrics: { sharpe_ratio: config + n / 10 } } }
    }
  },
}
export const unhandled = {
  containers: () => [{ id: 'x' }],
  async *run() {
    yield { n: 0 }
    void Promise.reject(new Error('not awaited'))
    await new Promise(() => {})
  },
}
`

function project(t: Test, topology = 'search') {
  const workflow = { id: 'nightly', phases: [{ name: 'only', topology }] }
  const dir = t.testdir({ 'search.json': JSON.stringify({ workflow }), 'topologies.mjs': TOPOLOGIES })
  const file = join(dir, 'search.json')
  const args = ['run', file, '--topologies', join(dir, 'topologies.mjs'), '--out', join(dir, 'out'), '-q']
  const fix = () => {
    writeFileSync(join(dir, 'fixed'), '')
  }
  return { args, file, run: join(dir, 'out/nightly'), fix }
}

t.test('finishes a failed run with the same topologies, and returns a completed run as is', async (t) => {
  const { args, run, fix } = project(t)
  const failed = await spillway(args)
  t.equal(failed.code, EXIT_CODES.failed)
  t.match(failed.stderr, `To continue: spillway resume ${run}`)
  t.match(failed.stderr, `8 records are kept in ${run}. To`)
  const failedAgain = await spillway(['resume', run])
  t.match(failedAgain.stderr, `8 records are kept in ${run}, 0 of them made this time. To`)
  fix()
  const resumed = await spillway(['resume', run])
  t.match(resumed.stdout.toString(), /Records this time +In all[^]*only +3 +7 +15 /)
  t.equal(resumed.code, EXIT_CODES.done)
  t.match(resumed.stdout.toString(), /^nightly: completed in [\d.]+m?s\n/)
  const again = await spillway(['resume', run, '--json'])
  t.equal(again.code, EXIT_CODES.done)
  t.equal(again.stderr, `spillway: the run in ${run} is already complete; nothing was run.\n`)
  t.match(JSON.parse(again.stdout.toString()), { wasComplete: true, counts: { written: 15, deduplicated: 6 } })
})

t.test('rejects a changed workflow, and lists the changes', async (t) => {
  const { args, file, run, fix } = project(t)
  await spillway(args)
  fix()
  const workflow = { id: 'nightly', phases: [{ name: 'only', topology: 'search', config: { period: 5 } }] }
  writeFileSync(file, JSON.stringify({ workflow }))
  const refused = await spillway(['resume', run, '--workflow', file])
  t.equal(refused.code, EXIT_CODES.usage)
  t.match(refused.stderr, '+ workflow.phases.only.config.period: 5\n')
  t.match((await spillway(['resume', run, '-w', file, '--accept-changes'])).stderr, /have started: only/)
  const accepted = await spillway(['resume', run, '-w', file, '--accept-changes', 'only', '-q'])
  t.strictSame([accepted.code, accepted.stderr], [EXIT_CODES.done, ''])
  t.equal((await spillway(['resume', run])).code, EXIT_CODES.done)
})

t.test('each command reports a directory that is not a run', async (t) => {
  const dir = t.testdir({ file: '' })
  for (const command of ['resume', 'verify', 'repair']) {
    const { code, stderr } = await spillway([command, dir])
    t.equal(code, EXIT_CODES.usage)
    t.match(stderr, /^spillway: .* is not a run directory: it has no journal/)
  }
  t.match((await spillway(['resume', join(dir, 'absent')])).stderr, /There is no file or directory/)
  t.match((await spillway(['repair', join(dir, 'absent')])).stderr, /absent/)
})

t.test('verifies a run, and repairs one with a torn file', async (t) => {
  const { args, run } = project(t)
  await spillway(args)
  const part = join(run, 'results/only/part-00000.jsonl')
  const good = await spillway(['verify', run])
  t.equal(good.stdout.toString(), 'only: 8 rows in 1 complete file\nrun nightly, failed: all files match the journal\n')
  t.equal(good.code, EXIT_CODES.done)
  appendFileSync(part, '{"n":')
  const bad = await spillway(['verify', run, '--json'])
  t.equal(bad.code, EXIT_CODES.failed)
  t.match(JSON.parse(bad.stdout.toString()), { problems: [{ phase: 'only', file: 'results/only/part-00000.jsonl' }] })
  t.match((await spillway(['verify', run])).stdout.toString(), /PROBLEM: results\/only\/part-00000\.jsonl: has/)
  const repaired = await spillway(['repair', run])
  t.equal(
    repaired.stdout.toString(),
    'results/only/part-00000.jsonl: removed 5 B that were not committed\nrun nightly: 8 rows committed; all files are complete now\n',
  )
  t.match((await spillway(['repair', run])).stdout.toString(), /nothing was changed/)
  t.equal((await spillway(['verify', run])).code, EXIT_CODES.done)
  writeFileSync(part, readFileSync(part, 'utf8').replace('"n":0', '"n":7'))
  t.equal((await spillway(['verify', run])).code, EXIT_CODES.failed, 'a repaired part keeps its checksum')
})

t.test('finds a changed byte and a file that is not in the journal', async (t) => {
  const { args, run, fix } = project(t)
  fix()
  await spillway(args)
  const part = join(run, 'results/only/part-00000.jsonl')
  writeFileSync(part, readFileSync(part, 'utf8').replace('"n":0', '"n":7'))
  t.match((await spillway(['verify', run])).stdout.toString(), /part-00000\.jsonl: does not match its checksum/)
  const stray = join(run, 'results/only/part-00009.jsonl')
  writeFileSync(stray, '')
  t.match((await spillway(['verify', run])).stdout.toString(), /part-00009\.jsonl: is not in the journal/)
})

t.test('an unhandled rejection stops the run cleanly, and the error names the container', async (t) => {
  const { args, run } = project(t, 'unhandled')
  const main = new URL('../../../../lib/cli/main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
  t.equal(child.exitCode, EXIT_CODES.failed)
  t.match(stderr, 'was not handled while container "x" of phase "only" ran: not awaited (')
  t.match(stderr, /topologies\.mjs:17:\d+\)\. Await .* Add --debug to see the stack\./)
  t.match(stderr, `spillway resume ${run}`)
  t.strictSame(readdirSync(join(run, 'results/only')), ['part-00000.jsonl'])
  t.equal(readFileSync(join(run, 'results/only/part-00000.jsonl'), 'utf8').split('\n').length, 2)
  t.notOk(existsSync(join(run, 'run.lock')))
})
