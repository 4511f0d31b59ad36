/**
 * Operations that overlap: stores of one phase and of several phases, readers, transfers and cleanups.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { makeDeferred } from '../../lib/core/deferred.ts'
import { DataFlowManager } from '../../lib/data-flow-manager.ts'
import { atRest, openResources } from '../helpers/leaks.ts'

/** On disk, in memory, and in memory with a small budget: a second output moves the first to the disk. */
const TIERS = [{ memoryLimitBytes: 0 }, { memoryLimitBytes: 1e6 }, { memoryLimitBytes: 1e6, memoryBudgetBytes: 2000 }]

/** A source that yields its rows after `open` is called. */
function gated(rows: readonly object[]): { source: AsyncGenerator<object>; started: Promise<void>; open: () => void } {
  const started = makeDeferred<undefined>()
  const gate = makeDeferred<undefined>()
  async function* source() {
    started.resolve(undefined)
    await gate.promise
    yield* rows
  }
  return {
    source: source(),
    started: started.promise,
    open: () => {
      gate.resolve(undefined)
    },
  }
}

t.test('a running store blocks no other phase and no reader', async (t) => {
  for (const options of TIERS) {
    const manager = new DataFlowManager({ directory: t.testdir(), ...options })
    const reference = await manager.storePhaseOutput('w', 'p', [{ n: 1 }])
    const { source, started, open } = gated([{ n: 2 }])
    const stored = manager.storePhaseOutput('w', 'p', source)
    await started
    // If one of these calls waited for the store, `open` would never be called.
    await manager.storePhaseOutput('w', 'other', { text: 'x'.repeat(1990) })
    t.strictSame(await manager.getPhaseOutput('w', 'p'), [{ n: 1 }])
    t.strictSame(await reference.get(), [{ n: 1 }])
    await manager.transferData({ workflowId: 'w', phaseName: 'p' }, { workflowId: 'w', phaseName: 'copy' })
    await manager.cleanupWorkflow('another')
    open()
    await stored
    t.strictSame(await manager.getPhaseOutput('w', 'p'), [{ n: 2 }])
    t.strictSame(await manager.getPhaseOutput('w', 'copy'), [{ n: 1 }])
    await t.rejects(reference.get(), { message: /was replaced/ })
  }
})

t.test('a phase can store rows that are computed from its previous output', async (t) => {
  for (const options of TIERS) {
    const manager = new DataFlowManager({ directory: t.testdir(), ...options })
    const reference = await manager.storePhaseOutput('w', 'p', [{ n: 1 }, { n: 2 }])
    const doubled = async function* () {
      for await (const row of reference.rows()) yield { n: (row as { n: number }).n * 2 }
    }
    await manager.storePhaseOutput('w', 'p', doubled())
    t.strictSame(await manager.getPhaseOutput('w', 'p'), [{ n: 2 }, { n: 4 }])
  }
})

t.test('a stream of rows may store other phases while it is stored', async (t) => {
  for (const options of TIERS) {
    const manager = new DataFlowManager({ directory: t.testdir(), ...options })
    await manager.storePhaseOutput('w', 'p', 'x'.repeat(1900))
    const nesting = async function* () {
      yield await manager.storePhaseOutput('w', 'q', 'y'.repeat(1900)).then(({ bytes }) => ({ bytes }))
    }
    await manager.storePhaseOutput('w', 'p', nesting())
    t.match(await manager.getPhaseOutput('w', 'p'), [{ bytes: Number }])
    t.equal(await manager.getPhaseOutput('w', 'q'), 'y'.repeat(1900))
  }
})

t.test('a cleanup waits for a running store and removes its output, too', async (t) => {
  for (const options of TIERS) {
    const directory = t.testdir()
    const manager = new DataFlowManager({ directory, ...options })
    await manager.storePhaseOutput('w', 'p', [{ n: 1 }])
    const { source, started, open } = gated([{ n: 2 }])
    const stored = manager.storePhaseOutput('w', 'p', source)
    await started
    const cleaned = manager.cleanupWorkflow('w')
    open()
    await Promise.all([stored, cleaned])
    await t.rejects(manager.getPhaseOutput('w', 'p'), { code: 'ERR_SPILLWAY_OUTPUT' })
    t.strictSame(readdirSync(directory), [])
  }
})

t.test('with any overlap, an output is read whole, and a cleanup removes all files', async (t) => {
  const phases = ['a', 'b', 'c']
  const whole = (output: unknown) => {
    const { n, rows } = output as { n: number; rows: { n: number }[] }
    return rows.length === 40 && rows.every((row) => row.n === n)
  }
  /** A missing output is allowed, and so is a replaced one. */
  const read = async (work: Promise<unknown>) => {
    const output = await work.catch((error: unknown) => {
      const { code, message } = error as { code: string; message: string }
      if (code === 'ERR_SPILLWAY_OUTPUT' && /has no stored output|was replaced/.test(message)) return undefined
      throw error
    })
    if (output !== undefined && !whole(output)) throw new Error('a mixed output')
  }
  const before = openResources()
  const base = t.testdir()
  let runs = 0
  const operation = fc.record({
    kind: fc.constantFrom('store', 'store', 'store', 'get', 'reference', 'transfer', 'cleanup', 'fail'),
    phase: fc.constantFrom(...phases),
    other: fc.constantFrom(...phases),
    turns: fc.nat(3),
  })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TIERS), fc.array(operation, { maxLength: 16 }), async (options, operations) => {
      const directory = join(base, String(runs++))
      const manager = new DataFlowManager({ directory, ...options })
      const run = async ({ kind, phase, other, turns }: (typeof operations)[number], n: number): Promise<void> => {
        const rows = Array.from({ length: 40 }, (_, i) => ({ n, i }))
        if (kind === 'store') await manager.storePhaseOutput('w', phase, { n, rows })
        else if (kind === 'get') await read(manager.getPhaseOutput('w', phase))
        else if (kind === 'reference') await read(manager.createReference('w', phase).then((found) => found.get()))
        else if (kind === 'cleanup') await manager.cleanupWorkflow('w')
        else if (kind === 'transfer') {
          const [from, to] = [phase, other].map((phaseName) => ({ workflowId: 'w', phaseName }))
          if (from && to) await read(manager.transferData(from, to).then(() => undefined))
        } else {
          const failing = async function* () {
            yield* rows
            for (let i = 0; i < turns; i++) await setImmediate()
            throw new Error('cut off')
          }
          const message = await manager.storePhaseOutput('w', phase, failing()).then(String, String)
          if (!message.includes('cut off')) throw new Error(message)
        }
      }
      const running: Promise<void>[] = []
      for (const [index, given] of operations.entries()) {
        running.push(run(given, index))
        for (let i = 0; i < given.turns; i++) await setImmediate()
      }
      await Promise.allSettled(running)
      await Promise.all(running)
      for (const phase of phases) await read(manager.getPhaseOutput('w', phase))
      await manager.cleanupWorkflow('w')
      return !existsSync(join(directory, 'w'))
    }),
    { numRuns: 30 },
  )
  t.equal(await atRest(() => openResources().files), before.files)
})

t.test('a source is closed when its store fails before the source was read', async (t) => {
  const directory = t.testdir({ file: '' })
  const source = () => Readable.from([{ n: 1 }])
  const unnamed = source()
  const manager = new DataFlowManager({ directory: join(directory, 'file'), memoryLimitBytes: 0 })
  await t.rejects(manager.storePhaseOutput('w', '..', unnamed), { code: 'ERR_SPILLWAY_NAME' })
  t.ok(unnamed.destroyed)
  const nowhere = source()
  await t.rejects(manager.storePhaseOutput('w', 'p', nowhere), { code: 'ERR_SPILLWAY_IO' })
  t.ok(nowhere.destroyed)
  const canceled = makeDeferred<undefined>()
  const web = new ReadableStream({
    cancel: () => {
      canceled.resolve(undefined)
    },
  })
  await t.rejects(manager.storePhaseOutput('w', 'p', web), { code: 'ERR_SPILLWAY_IO' })
  await canceled.promise
})

t.test('an error while a source is closed does not hide the error of the store', async (t) => {
  const stubborn = function* () {
    try {
      for (;;) yield { f: () => 1 }
    } finally {
      // eslint-disable-next-line no-unsafe-finally
      throw new Error('close failed')
    }
  }
  for (const options of TIERS) {
    const manager = new DataFlowManager({ directory: t.testdir(), ...options })
    await t.rejects(manager.storePhaseOutput('w', 'p', stubborn()), { message: /output\[0\]\.f is a function/ })
  }
})

t.test('a relative directory stays the same when the process changes its directory', async (t) => {
  const directory = t.testdir({ elsewhere: {} })
  const home = process.cwd()
  t.teardown(() => {
    process.chdir(home)
  })
  process.chdir(dirname(directory))
  const manager = new DataFlowManager({ directory: basename(directory), memoryLimitBytes: 0 })
  process.chdir(join(directory, 'elsewhere'))
  await manager.storePhaseOutput('w', 'p', 1)
  t.strictSame(readdirSync(join(directory, 'w/outputs')), ['p'])
  process.chdir(directory)
  await new DataFlowManager({ directory: '.', memoryLimitBytes: 0 }).storePhaseOutput('v', 'p', 1)
  t.strictSame(readdirSync(join(directory, 'v/outputs')), ['p'], 'names of one letter, too')
})
