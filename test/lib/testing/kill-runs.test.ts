import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { killAtEveryWrite, killAtRandom } from '../../../lib/testing/kill-runs.ts'
import { killingTarget, type Kill } from '../../../lib/testing/killing-target.ts'
import { openFileTarget } from '../../../sinks/files/file-target.ts'
import { abortListeners, openResources } from '../../helpers/leaks.ts'
import { nodeArgs } from '../../helpers/node-process.ts'

const kit = JSON.stringify(new URL('../../../lib/testing/killing-target.ts', import.meta.url).href)

const node = { execArgv: nodeArgs, env: process.env }

/** The writes of {@link WRITING}. */
const LINES = ['one\n', 'two\n', 'three\n']

/** A script that writes lines to the file of its first argument, and syncs after each. */
const WRITING = `
import { killingTarget } from ${kit}
const file = await killingTarget()(process.argv[2], 'create')
for (const line of ${JSON.stringify(LINES)}) {
  await file.write(Buffer.from(line))
  await file.sync()
}
await file.close()
`

function scriptOf(t: Test, source: string): { script: string; path: string } {
  const script = join(t.testdir(), 'script.mjs')
  writeFileSync(script, source)
  return { script, path: join(t.testdirName, 'file') }
}

/** The content of the file when its process was killed at operation `n`: opening, then writes and syncs alternately. */
function linesAt({ n, moment }: Kill): string {
  const done = moment === 'after' ? n : n - 1
  const whole = LINES.slice(0, done / 2).join('')
  const half = LINES[Math.floor(done / 2)] ?? ''
  return whole + (moment === 'middle' ? half.slice(0, half.length / 2) : '')
}

t.test('kills before, in the middle of and after every operation, until a run completes', async (t) => {
  const before = openResources()
  const { script, path } = scriptOf(t, WRITING)
  const reported: Kill[] = []
  const { signal } = new AbortController()
  const kills = await killAtEveryWrite(script, {
    ...node,
    args: [path],
    signal,
    async afterKill(kill) {
      reported.push(kill)
      const exists = existsSync(path)
      t.equal(exists, kill.n > 1 || kill.moment === 'after', 'the first operation creates the file')
      if (exists) t.equal(readFileSync(path, 'utf8'), linesAt(kill), `${kill.moment} operation ${kill.n}`)
      await new Promise(setImmediate)
      rmSync(path, { force: true })
    },
  })
  const operations = ['open', ...LINES.flatMap(() => ['write', 'sync']), 'close']
  t.strictSame(
    kills,
    operations.flatMap((operation, index) =>
      (operation === 'write' ? ['before', 'middle', 'after'] : ['before', 'after']).map((moment) => {
        return { n: index + 1, moment, operation, path }
      }),
    ),
  )
  t.strictSame(reported, kills)
  t.equal(readFileSync(path, 'utf8'), LINES.join(''), 'the last run completed')
  t.strictSame(openResources(), before)
  t.equal(abortListeners(signal), 0)
})

t.test('counts operations over all files and targets, and kills after failed operations too', async (t) => {
  const { script, path } = scriptOf(
    t,
    `import { killingTarget } from ${kit}
    const [one, other] = [await killingTarget()(process.argv[2], 'create'), await killingTarget()(process.argv[2] + 2, 'create')]
    await one.close()
    await killingTarget()(process.argv[2], 'create').catch(() => {})
    await other.truncate(0)
    await other.close()`,
  )
  const kills = await killAtEveryWrite(pathToFileURL(script), {
    ...node,
    args: [path],
    afterKill() {
      for (const name of [path, `${path}2`]) rmSync(name, { force: true })
    },
  })
  t.strictSame(
    kills.filter(({ moment }) => moment === 'after').map(({ operation, path }) => `${operation} ${path.slice(-1)}`),
    ['open e', 'open 2', 'close e', 'open e', 'truncate 2', 'close 2'],
  )
  t.equal(kills.length, 12)
})

t.test('a run that ends in another way is an error with its output', async (t) => {
  const { script, path } = scriptOf(t, `console.log('printed'); throw new Error('broken')`)
  const run = killAtEveryWrite(script, { ...node, args: [path], afterKill: () => {} })
  await t.rejects(run, {
    message: /script\.mjs, to be killed before operation 1, ended with exit code 1:\n(.*\n)*.*broken/,
  })
  await t.rejects(run, { message: /printed/ })
  const other = scriptOf(t, `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`)
  await t.rejects(killAtEveryWrite(other.script, { ...node, afterKill: () => {} }), {
    message: /was ended by SIGTERM$/,
  })
})

t.test('a script without file operations is an error, because nothing would be tested', async (t) => {
  const { script } = scriptOf(t, '')
  const run = killAtEveryWrite(script, { ...node, afterKill: () => {} })
  await t.rejects(run, { message: /open its files by `killingTarget\(\)`/ })
})

t.test('starts at most `maxRuns` processes', async (t) => {
  const { script, path } = scriptOf(t, WRITING)
  let kills = 0
  const afterKill = () => {
    kills += 1
    rmSync(path, { force: true })
  }
  const run = killAtEveryWrite(script, { ...node, args: [path], maxRuns: 2, afterKill })
  await t.rejects(run, { message: /was still killed in run 2: raise `maxRuns`/ })
  t.equal(kills, 2)
})

t.test('fails with the error of its callback', async (t) => {
  const { script, path } = scriptOf(t, WRITING)
  const failure = new Error('wrong content')
  await t.rejects(
    killAtEveryWrite(script, { ...node, args: [path], afterKill: () => Promise.reject(failure) }),
    failure,
  )
})

t.test('an abort kills the process and leaks no resources', async (t) => {
  const before = openResources()
  const { script, path } = scriptOf(
    t,
    `import { writeFileSync } from 'node:fs'
    writeFileSync(process.argv[2], String(process.pid))
    setInterval(() => {}, 1000)`,
  )
  const controller = new AbortController()
  const { signal } = controller
  const run = killAtEveryWrite(script, { ...node, args: [path], signal, afterKill: () => {} })
  while (!existsSync(path) || readFileSync(path, 'utf8') === '') await new Promise(setImmediate)
  controller.abort()
  await t.rejects(run, { name: 'AbortError' })
  t.throws(() => process.kill(Number(readFileSync(path, 'utf8')), 0), { code: 'ESRCH' })
  t.equal(abortListeners(signal), 0)
  t.strictSame(openResources(), before)
  await t.rejects(killAtEveryWrite(script, { ...node, signal, afterKill: () => {} }), { name: 'AbortError' })
})

t.test('kills at a random operation, the same for the same seed', async (t) => {
  const { script, path } = scriptOf(t, WRITING)
  const places = new Set<string>()
  for (const seed of [1, 2, 3, 1]) {
    rmSync(path, { force: true })
    const kill = await killAtRandom(script, { ...node, args: [path], seed, maxOperations: 8 })
    t.ok(kill !== undefined && kill.n >= 1 && kill.n <= 8)
    if (existsSync(path)) t.equal(readFileSync(path, 'utf8'), linesAt(kill!))
    places.add(`${kill?.moment} ${kill?.n}`)
  }
  t.equal(places.size, 3)
})

t.test('a run with fewer operations than the random number is not killed', async (t) => {
  const { script } = scriptOf(t, '')
  t.equal(await killAtRandom(script, { ...node, seed: 1, maxOperations: 10 }), undefined)
})

t.test('a kill can be repeated with the environment variable', async (t) => {
  const { script, path } = scriptOf(t, WRITING)
  const env = { ...node.env, SPILLWAY_KILL_AT: '4 middle' }
  const run = promisify(execFile)(process.execPath, [...node.execArgv, script, path], { env })
  await t.rejects(run, { signal: 'SIGKILL' } as never)
  t.equal(readFileSync(path, 'utf8'), 'one\ntw')
  const wrong = promisify(execFile)(process.execPath, [...node.execArgv, script, path], {
    env: { ...env, SPILLWAY_KILL_AT: '4' },
  })
  await t.rejects(wrong, {
    message: /Expected `SPILLWAY_KILL_AT` to be a number from 1 up and before, middle or after/,
  })
})

t.test('the process is also killed when the half write fails', async (t) => {
  const { script } = scriptOf(
    t,
    `import { killingTarget } from ${kit}
    const broken = { initialBytes: 0, write: () => Promise.reject(new Error('broken')) }
    const file = await killingTarget(async () => broken)('a name', 'create')
    await file.write(Buffer.from('abc')).catch(() => {})`,
  )
  const kills = await killAtEveryWrite(script, { ...node, afterKill: () => {} })
  t.strictSame(
    kills.map(({ n, moment }) => `${moment} ${n}`),
    ['before 1', 'after 1', 'before 2', 'middle 2', 'after 2'],
  )
})

t.test('only the script is killed, not the processes it starts', async (t) => {
  const { script, path } = scriptOf(
    t,
    `import { execFileSync } from 'node:child_process'
    import { killingTarget } from ${kit}
    const openTarget = killingTarget()
    if (process.argv[3] === undefined) {
      execFileSync(process.execPath, [...process.execArgv, ...process.argv.slice(1), 'inner'])
    }
    await (await openTarget(process.argv[2] + (process.argv[3] ?? ''), 'overwrite')).close()`,
  )
  const kill = await killAtRandom(script, { ...node, args: [path], seed: 1, maxOperations: 1 })
  t.match(kill, { n: 1, operation: 'open', path })
  t.ok(existsSync(`${path}inner`), 'the inner process completed')
})

t.test('without a runner, files are only opened', async (t) => {
  t.equal(killingTarget(), openFileTarget)
})

t.test('rejects invalid options', async (t) => {
  const code = 'ERR_SPILLWAY_OPTION'
  const afterKill = () => {}
  await t.rejects(killAtEveryWrite('x', {} as never), { code, message: /Expected `afterKill` to be a function/ })
  await t.rejects(killAtEveryWrite('x', { afterKill, maxRuns: 0 }), { code, message: /`maxRuns`/ })
  await t.rejects(killAtEveryWrite('x', { afterKill, args: 'y' as never }), {
    code,
    message: /a list of non-empty strings/,
  })
  await t.rejects(killAtRandom('x', { seed: 1 } as never), { code, message: /Expected `maxOperations` to be/ })
})
