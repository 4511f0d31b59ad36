/**
 * Processes that end, or would end, before their work is done: they say so, the exit code is not 0, and the run can be
 * resumed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { verifyRun } from '../../lib/recovery/verify.ts'
import { nodeArgs } from '../helpers/node-process.ts'

const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname
const index = new URL('../../lib/index.ts', import.meta.url).href

/** Topologies that do not end while the variable `UNFINISHED` is set. */
const TOPOLOGIES = `
const unfinished = process.env.UNFINISHED !== undefined
const containers = () => [{ id: 'a' }, { id: 'b' }]
const never = () => new Promise(() => {})
const record = (n) => ({ n, result: { metrics: { sharpe_ratio: n } } })
export const waiting = {
  containers,
  async *run({ id }) {
    yield record(1)
    if (unfinished && id === 'b') await never()
    yield record(2)
  },
}
export const exiting = {
  containers,
  async *run({ id }) {
    yield record(1)
    if (unfinished && id === 'b') process.exit(0)
    yield record(2)
  },
}
export const listing = { containers: () => (unfinished ? never() : containers()), *run() { yield record(1) } }
export const plain = { containers, *run() { yield record(1) } }
export const streaming = {
  containers,
  *run() { yield record(1) },
  async *output() { yield { n: 1 }; if (unfinished) await never() },
}
export const putting = { containers, *run() { yield record(1) }, output: () => (unfinished ? never() : 1) }
`

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [...nodeArgs, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)]
  await once(child, 'close')
  return { code: child.exitCode, stdout: await stdout, stderr: await stderr }
}

function filesOf(t: Test, topology: string): string {
  return t.testdir({
    'topologies.mjs': TOPOLOGIES,
    'workflow.json': JSON.stringify({ workflow: { id: 'run', phases: [{ name: 'p', topology }] } }),
  })
}

for (const [topology, message] of [
  ['waiting', /Container "b" of phase "p" waits for a promise that cannot settle/],
  ['exiting', /the process was ended before the command was done while container "b" of phase "p" ran/],
  ['listing', /Phase "p" waits for a promise that cannot settle/],
  ['putting', /Phase "p" waits for a promise that cannot settle/],
  ['streaming', /Phase "p" waits for a promise that cannot settle/],
] as const) {
  t.test(`the command: ${topology}`, async (t) => {
    const dir = filesOf(t, topology)
    const command = ['run', join(dir, 'workflow.json'), '-t', join(dir, 'topologies.mjs'), '-o', dir, '--json', '-q']
    const unfinished = { UNFINISHED: '1' }
    const first = await run([main, ...command], unfinished)
    t.equal(first.code, 1)
    t.match(first.stderr, message)
    const again = await run([main, 'resume', join(dir, 'run'), '--json', '-q'], unfinished)
    t.equal(again.code, 1, 'a resume')
    t.match(again.stderr, message)
    const resumed = await run([main, 'resume', join(dir, 'run'), '--json', '-q'])
    t.equal(resumed.code, 0)
    t.equal((JSON.parse(resumed.stdout) as { status: string }).status, 'completed')
    const { problems, phases } = await verifyRun(join(dir, 'run'))
    t.strictSame(problems, [])
    t.equal(phases[0]?.rows, ['waiting', 'exiting'].includes(topology) ? 4 : 2)
  })
}

for (const { title, topology, commit, options, container } of [
  { title: 'a container that waits', topology: 'waiting', commit: 'records', options: '{}', container: 'b' },
  ...['records', 'container'].map((commit) => ({
    title: `a resultCallback that waits, commit: ${commit}`,
    topology: 'plain',
    commit,
    options: '{ resultCallback: () => new Promise(() => {}) }',
    container: 'a',
  })),
]) {
  t.test(`a caller of executeWorkflow gets the error: ${title}`, async (t) => {
    const dir = filesOf(t, topology)
    const script = join(dir, 'script.mjs')
    writeFileSync(
      script,
      `import { Coordinator } from ${JSON.stringify(index)}
      import * as topologies from './topologies.mjs'
      const coordinator = new Coordinator({ outputDir: ${JSON.stringify(dir)}, topologies })
      const workflow = { id: 'run', commit: '${commit}', phases: [{ name: 'p', topology: '${topology}' }] }
      coordinator.executeWorkflow(workflow, ${options})
        .catch(({ code, place }) => console.log(JSON.stringify({ code, place })))`,
    )
    const { stdout } = await run([script], { UNFINISHED: '1' })
    t.match(JSON.parse(stdout), { code: 'ERR_SPILLWAY_TOPOLOGY', place: { phase: 'p', container } })
    const { problems } = await verifyRun(join(dir, 'run'))
    t.strictSame(problems, [])
  })
}
