/**
 * What becomes of outputs on disk when files are damaged, and when the process is killed while it stores.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { DataFlowManager } from '../../lib/data-flow-manager.ts'

const output = {
  signals: [...Array.from({ length: 20 }, (_, i) => ({ at: new Date(i), price: i / 7, side: 'buy' })), { odd: [1, 2] }],
  note: new Map([['kept', 1]]),
}

/** Reads the output, and tells what came of it. */
async function outcomeOf(directory: string): Promise<string> {
  try {
    const read = await new DataFlowManager({ directory }).getPhaseOutput('w', 'p')
    return isDeepStrictEqual(read, output) ? 'whole' : 'wrong'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

async function store(directory: string): Promise<string> {
  await new DataFlowManager({ directory, memoryLimitBytes: 0 }).storePhaseOutput('w', 'p', output)
  return join(directory, 'w/outputs/p')
}

t.test('a byte that changed, wherever it is, is told or does not matter; never is a wrong value read', async (t) => {
  const directory = t.testdir()
  const folder = await store(directory)
  t.match(readdirSync(folder).sort(), [/rest\.frames$/, /table-0\.frames$/, /table-0\.parquet$/, 'output.json'])
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    const outcomes = new Set<string>()
    for (let at = 0; at < bytes.length; at += name.endsWith('.parquet') ? 7 : 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 0x11
      writeFileSync(path, changed)
      outcomes.add(await outcomeOf(directory))
    }
    writeFileSync(path, bytes)
    t.notOk(outcomes.has('wrong'), name)
    if (name !== 'output.json') t.strictSame([...outcomes], ['ERR_SPILLWAY_OUTPUT'], name)
    else outcomes.delete('whole')
    t.strictSame([...outcomes], ['ERR_SPILLWAY_OUTPUT'], name)
  }
  t.equal(await outcomeOf(directory), 'whole')
})

t.test('a file that was cut short or grew is told', async (t) => {
  const directory = t.testdir()
  const folder = await store(directory)
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    for (const length of [0, 1, bytes.length - 2]) {
      truncateSync(path, length)
      t.equal(await outcomeOf(directory), 'ERR_SPILLWAY_OUTPUT', `${name} of ${length} bytes`)
      writeFileSync(path, bytes)
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.from('more')]))
    t.equal(await outcomeOf(directory), 'ERR_SPILLWAY_OUTPUT', `${name} with more`)
    writeFileSync(path, bytes)
  }
})

t.test(
  'a process killed while it stores leaves one output or the other, whole, and the next store cleans up',
  async (t) => {
    const directory = t.testdir()
    const entry = pathToFileURL(join(import.meta.dirname, '../../lib/data-flow-manager.ts')).href
    const script = join(t.testdirName, 'store.mjs')
    writeFileSync(
      script,
      `import { DataFlowManager } from ${JSON.stringify(entry)}
    const manager = new DataFlowManager({ directory: ${JSON.stringify(directory)}, memoryLimitBytes: 0 })
    for (let n = 0; ; n++) {
      const rows = Array.from({ length: 3000 }, (_, i) => ({ n, i }))
      await manager.storePhaseOutput('w', 'p', { n, rows })
      process.stdout.write('.')
    }`,
    )
    const env = { ...process.env, NODE_OPTIONS: '' }
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script], { env })
      let stores = 0
      child.stdout.on('data', (dots: Buffer) => {
        stores += dots.length
        // A different moment within a store each time.
        if (stores > 1) for (let turns = 0; turns <= round; turns++) setImmediate(() => child.kill('SIGKILL'))
      })
      await once(child, 'close')
      const read = (await new DataFlowManager({ directory }).getPhaseOutput('w', 'p')) as {
        n: number
        rows: { n: number }[]
      }
      t.equal(read.rows.length, 3000)
      t.ok(
        read.rows.every(({ n }) => n === read.n),
        'rows of one store only',
      )
    }
    const folder = await store(directory)
    t.equal(readdirSync(folder).length, 4)
    t.equal(await outcomeOf(directory), 'whole')
  },
)
