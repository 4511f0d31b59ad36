/**
 * Outputs after a failure: files are damaged, a process is killed, the disk is full, or a reader stops early.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import t, { type Test } from 'tap'
import { DataFlowManager } from '../../lib/data-flow-manager.ts'
import type { SpillwayError } from '../../lib/core/errors.ts'
import { atRest, openResources } from '../helpers/leaks.ts'
import { nodeArgs } from '../helpers/node-process.ts'

const place = ['w', 'p'] as const

/** An output with rows in both formats of files, and another value. */
const output = {
  signals: [
    ...Array.from({ length: 5 }, (_, i) => ({ side: i % 2 === 0 ? 'buy' : 'sell', price: i / 7, at: new Date(i) })),
    { side: { nested: true } },
  ],
  model: { weights: [1, 2, 3] },
}

function filesOf(directory: string): string[] {
  return readdirSync(join(directory, 'w/outputs/p')).map((name) => join(directory, 'w/outputs/p', name))
}

function onDisk(directory: string): DataFlowManager {
  return new DataFlowManager({ directory, memoryLimitBytes: 0 })
}

async function storedIn(t: Test): Promise<string> {
  const directory = t.testdir()
  await onDisk(directory).storePhaseOutput(...place, output)
  return directory
}

/** The result of reading: the value, or the code of the error. */
async function outcomeOf(directory: string): Promise<unknown> {
  return onDisk(directory)
    .getPhaseOutput(...place)
    .catch((error: unknown) => (error as SpillwayError).code)
}

function isDamage(outcome: unknown): boolean {
  return outcome === 'ERR_SPILLWAY_OUTPUT' || outcome === 'ERR_SPILLWAY_INPUT'
}

t.test('a changed byte is detected, or the value stays the same', async (t) => {
  const directory = await storedIn(t)
  const paths = filesOf(directory)
  t.equal(paths.length, 4)
  const before = openResources()
  for (const path of paths) {
    const whole = readFileSync(path)
    const wrong: unknown[] = []
    let detected = 0
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole)
      damaged[at] = (whole[at] ?? 0) ^ (at % 2 === 0 ? 0xff : 0x01)
      writeFileSync(path, damaged)
      const outcome = await outcomeOf(directory)
      if (isDamage(outcome)) detected += 1
      else if (!path.endsWith('.json') || !isDeepStrictEqual(outcome, output)) wrong.push([at, outcome])
    }
    t.strictSame(wrong, [], path)
    t.ok(detected > whole.length / 2)
    writeFileSync(path, whole)
  }
  t.strictSame(await outcomeOf(directory), output)
  t.equal(await atRest(() => openResources().files), before.files)
})

t.test('a file that is too short, too long, empty or missing is detected', async (t) => {
  const directory = await storedIn(t)
  for (const path of filesOf(directory)) {
    const whole = readFileSync(path)
    const damages: Record<string, () => void> = {
      'too short': () => {
        truncateSync(path, whole.length - 5)
      },
      empty: () => {
        truncateSync(path, 0)
      },
      'too long': () => {
        appendFileSync(path, '}')
      },
      missing: () => {
        rmSync(path)
      },
      'filled with zeros': () => {
        writeFileSync(path, Buffer.alloc(whole.length))
      },
    }
    for (const [name, damage] of Object.entries(damages)) {
      damage()
      t.ok(isDamage(await outcomeOf(directory)), `${name}: ${path}`)
      writeFileSync(path, whole)
    }
  }
})

t.test('a transfer of a damaged file fails and leaves no copy', async (t) => {
  const directory = await storedIn(t)
  for (const path of filesOf(directory).filter((name) => !name.endsWith('.json'))) {
    const whole = readFileSync(path)
    const damaged = Buffer.from(whole)
    damaged[whole.length >> 1] = (whole[whole.length >> 1] ?? 0) ^ 0x10
    writeFileSync(path, damaged)
    const to = { workflowId: 'w', phaseName: 'copy' }
    await t.rejects(onDisk(directory).transferData({ workflowId: 'w', phaseName: 'p' }, to), {
      code: 'ERR_SPILLWAY_OUTPUT',
      place: { path },
    })
    t.notOk(existsSync(join(directory, 'w/outputs/copy')))
    writeFileSync(path, whole)
  }
})

/** Changes the content of a manifest and updates its checksum. */
function forge(path: string, change: (output: Record<string, unknown>) => unknown): void {
  const { output } = JSON.parse(readFileSync(path, 'utf8')) as { output: Record<string, unknown> }
  const forged = change(output)
  writeFileSync(path, JSON.stringify({ crc32: crc32(JSON.stringify(forged)), output: forged }))
}

t.test('a manifest that names other files or is not a manifest is rejected', async (t) => {
  const directory = await storedIn(t)
  const path = join(directory, 'w/outputs/p/output.json')
  const whole = readFileSync(path)
  writeFileSync(join(directory, 'w/outputs/secret.frames'), 'secret')
  const named = (name: unknown) => (output: Record<string, unknown>) => ({
    ...output,
    rest: { ...(output['rest'] as object), name },
  })
  const changes: ((output: Record<string, unknown>) => unknown)[] = [
    named('../secret.frames'),
    named('/etc/passwd'),
    named('0123456789abcdef-../../secret.frames'),
    named('0123456789abcdef-rest.frames\0'),
    named('0123456789abcdef-rest.frames\n'),
    named(['0123456789abcdef-rest.frames']),
    named(5),
    (output) => ({ ...output, version: 2 }),
    (output) => ({ ...output, tables: null }),
    (output) => ({ ...output, tables: [{}] }),
    (output) => ({ ...output, rest: 5, tables: [] }),
    () => null,
    () => [],
    () => 'text',
    () => ({}),
    () => ({ version: 1 }),
  ]
  for (const change of changes) {
    forge(path, change)
    await t.rejects(onDisk(directory).getPhaseOutput(...place), { code: 'ERR_SPILLWAY_OUTPUT', place: { path } })
    writeFileSync(path, whole)
  }
  for (const text of ['', 'null', '5', '[]', '{}', '{"crc32":0}', '{"crc32":0,"output":null}', '{"output":{}}']) {
    writeFileSync(path, text)
    await t.rejects(onDisk(directory).createReference(...place), { code: 'ERR_SPILLWAY_OUTPUT', place: { path } })
  }
  await onDisk(directory).storePhaseOutput(...place, output)
  t.strictSame(await outcomeOf(directory), output, 'a store replaces it')
})

t.test('a frame with a valid checksum that cannot be deserialized is an error', async (t) => {
  const directory = t.testdir()
  await onDisk(directory).storePhaseOutput(...place, serialize('long enough to be replaced'))
  const path = filesOf(directory).find((name) => name.endsWith('.frames')) ?? ''
  const whole = readFileSync(path)
  const payload = Buffer.alloc(whole.length - 20, 0x41)
  whole.writeUInt32LE(crc32(payload), 16)
  payload.copy(whole, 20)
  writeFileSync(path, whole)
  await t.rejects(onDisk(directory).getPhaseOutput(...place), {
    code: 'ERR_SPILLWAY_OUTPUT',
    message: /cannot be used: its content cannot be read \(.+\)\. Run the phase again/,
    place: { path },
  })
})

t.test('the files of an interrupted store are not an output, and the next store removes them', async (t) => {
  const leave = (directory: string) => {
    mkdirSync(join(directory, 'w/outputs/p'), { recursive: true })
    for (const name of ['0123456789abcdef-table-0.parquet', 'fedcba9876543210-rest.frames', 'output.json.draft']) {
      writeFileSync(join(directory, 'w/outputs/p', name), 'PAR1 and no more')
    }
  }
  for (const memoryLimitBytes of [0, 1e6]) {
    const directory = t.testdir()
    leave(directory)
    const manager = new DataFlowManager({ directory, memoryLimitBytes })
    await t.rejects(manager.getPhaseOutput(...place), {
      code: 'ERR_SPILLWAY_OUTPUT',
      message: /"p" of workflow "w" has no stored output\. No phase of this workflow has/,
    })
    await manager.storePhaseOutput(...place, output)
    t.strictSame(await manager.getPhaseOutput(...place), output)
    t.equal(memoryLimitBytes === 0 ? filesOf(directory).length : 4, 4)
    t.equal(existsSync(join(directory, 'w/outputs/p')), memoryLimitBytes === 0)

    leave(directory)
    t.strictSame(await manager.getPhaseOutput(...place), output, 'an output in the same directory stays')
    await manager.cleanupWorkflow('w')
    t.notOk(existsSync(join(directory, 'w')))
  }
})

t.test('other files in the directory are not removed', async (t) => {
  const names = [
    'w/notes.txt',
    'w/outputs/notes.txt',
    'w/outputs/%00',
    'w/outputs/x./y',
    'w/outputs/p/notes.txt',
    'w/outputs/p/d/e',
  ]
  for (const memoryLimitBytes of [0, 1e6]) {
    const directory = t.testdir()
    for (const name of names) {
      mkdirSync(join(directory, name, '..'), { recursive: true })
      writeFileSync(join(directory, name), 'mine')
    }
    const manager = new DataFlowManager({ directory, memoryLimitBytes })
    await manager.storePhaseOutput(...place, output)
    await manager.storePhaseOutput(...place, output)
    await manager.cleanupWorkflow('w')
    t.strictSame(
      names.filter((name) => !existsSync(join(directory, name))),
      [],
    )
    t.strictSame(readdirSync(join(directory, 'w/outputs/p')).sort(), ['d', 'notes.txt'])
  }
})

/** A script that stores one output after the other, and prints the number of each. */
const STORING = `
import { DataFlowManager } from ${JSON.stringify(new URL('../../lib/data-flow-manager.ts', import.meta.url).href)}
const manager = new DataFlowManager({ directory: process.argv[2], memoryLimitBytes: 0 })
for (let n = 1; ; n++) {
  const rows = Array.from({ length: 300 }, (_, i) => ({ n, i, text: 'row ' + i }))
  await manager.storePhaseOutput('w', 'p', { n, rows, odd: [...rows, { n: [n] }] })
  console.log(n)
}`

t.test('after a kill during a store, the previous output or the new one is complete', async (t) => {
  const directory = t.testdir()
  const script = join(directory, 'storing.mts')
  writeFileSync(script, STORING)
  for (const lines of [1, 3, 8]) {
    const args = [...nodeArgs, script, directory]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stored = 0
    for await (const line of createInterface(child.stdout)) {
      stored = Math.max(stored, Number(line))
      if (stored === lines) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    t.equal(child.signalCode, 'SIGKILL')

    const manager = onDisk(directory)
    const { n, rows, odd } = (await manager.getPhaseOutput(...place)) as Record<string, { n: unknown }[]> & { n: never }
    t.ok(n === stored || n === stored + 1, `${String(n)} of ${stored}`)
    t.equal(rows?.length, 300)
    t.equal(odd?.length, 301)
    t.ok([...(rows ?? []), ...(odd ?? []).slice(0, 300)].every((row) => row.n === n))
    await manager.storePhaseOutput(...place, output)
    t.equal(filesOf(directory).length, 4, 'no leftovers')
  }
})

/** Mounts a file system of 2 MB; undefined when the operating system does not permit it. */
function smallDisk(t: Test): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    rmdirSync(directory)
    return undefined
  }
  t.teardown(() => {
    execFileSync('umount', [directory])
    rmdirSync(directory)
  })
  return directory
}

t.test('on a full disk a store fails, keeps the previous output, and leaves no files', async (t) => {
  const directory = smallDisk(t)
  if (directory === undefined) {
    t.comment('a file system of 2 MB cannot be mounted here')
    return
  }
  const files = openResources().files
  const manager = onDisk(directory)
  await manager.storePhaseOutput(...place, output)
  const before = filesOf(directory)
  const full = { code: 'ERR_SPILLWAY_IO', message: /ENOSPC.*Free space on the disk, then run again/ }
  const flat = function* () {
    for (let i = 0; i < 100_000; i++) yield { i, noise: Math.sin(i), text: `row ${Math.cos(i)}` }
  }
  const nested = function* () {
    for (const row of flat()) yield { row }
  }
  const source = Readable.from(flat())
  await t.rejects(manager.storePhaseOutput(...place, source), full)
  t.ok(source.destroyed)
  await t.rejects(manager.storePhaseOutput(...place, nested()), full)
  await t.rejects(manager.storePhaseOutput(...place, { text: Buffer.alloc(3e6).toString('latin1') }), full)
  await t.rejects(manager.storePhaseOutput('w', 'other', { rows: [...flat()], odd: 1 }), full)
  t.strictSame(filesOf(directory), before)
  t.notOk(existsSync(join(directory, 'w/outputs/other')))
  t.strictSame(await outcomeOf(directory), output)

  await manager.storePhaseOutput('w', 'half', Buffer.alloc(1_200_000))
  const copy = manager.transferData({ workflowId: 'w', phaseName: 'half' }, { workflowId: 'w', phaseName: 'copy' })
  await t.rejects(copy, full)
  t.notOk(existsSync(join(directory, 'w/outputs/copy')))
  t.equal(await atRest(() => openResources().files), files)
})

t.test('an output stays in memory when the disk has no space for it', async (t) => {
  const directory = smallDisk(t)
  if (directory === undefined) {
    t.comment('a file system of 2 MB cannot be mounted here')
    return
  }
  const manager = new DataFlowManager({ directory, memoryLimitBytes: 1e7, memoryBudgetBytes: 5e6 })
  const old = Buffer.alloc(4e6, 1)
  const reference = await manager.storePhaseOutput('w', 'old', old)
  await manager.storePhaseOutput('w', 'p', 'before')
  // The store needs the old output to move to the disk, which has no space for it.
  await t.rejects(manager.storePhaseOutput('w', 'p', Buffer.alloc(2e6)), {
    code: 'ERR_SPILLWAY_IO',
    message: /Free space/,
  })
  t.equal(await manager.getPhaseOutput('w', 'p'), 'before')
  t.ok(isDeepStrictEqual(await reference.get(), old))
  t.strictSame(
    readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\./.test(name)),
    [],
  )
})

t.test('a directory that is not writable is an error with its path', async (t) => {
  const directory = t.testdir({ file: '', 'read-only': {} })
  await t.rejects(onDisk(join(directory, 'file')).storePhaseOutput(...place, output), {
    code: 'ERR_SPILLWAY_IO',
    message: /a part of the path is a file/,
  })
  await t.rejects(onDisk(join(directory, 'file')).getPhaseOutput(...place), { code: 'ERR_SPILLWAY_OUTPUT' })
  if (process.getuid?.() === 0) return
  chmodSync(join(directory, 'read-only'), 0o500)
  await t.rejects(onDisk(join(directory, 'read-only')).storePhaseOutput(...place, output), {
    code: 'ERR_SPILLWAY_IO',
    message: /Change the permissions/,
  })
})

t.test('the files are closed when a reader stops early, fails or is aborted', async (t) => {
  const directory = t.testdir()
  const manager = onDisk(directory)
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ i, text: `row ${i}` }))
  const reference = await manager.storePhaseOutput(...place, {
    flat: rows,
    nested: rows.map((row) => ({ row: { ...row } })),
  })
  const { files } = openResources()
  for (const field of ['flat', 'nested']) {
    for await (const row of reference.rows({ field })) if ((row as { i: number }).i !== -1) break
    const controller = new AbortController()
    const aborted = reference.rows({ field, signal: controller.signal })
    await once(aborted, 'readable')
    controller.abort()
    await t.rejects(aborted.toArray(), { name: 'AbortError' })
    const unread = reference.rows({ field })
    unread.destroy()
    await once(unread, 'close')
    const given = reference.rows({ field, signal: AbortSignal.abort() })
    await t.rejects(given.toArray(), { name: 'AbortError' })
  }
  t.equal(await atRest(() => openResources().files), files)
})

t.test('a file that is truncated while it is read fails the reader with its path', async (t) => {
  const directory = t.testdir()
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ row: { i, text: `row ${i}` } }))
  const reference = await onDisk(directory).storePhaseOutput(...place, rows)
  const path = filesOf(directory).find((name) => name.endsWith('.frames')) ?? ''
  const stream = reference.rows({ batches: true })
  await t.rejects(
    (async () => {
      for await (const _ of stream) truncateSync(path, statSync(path).size >> 4)
    })(),
    { code: 'ERR_SPILLWAY_OUTPUT', place: { path } },
  )
})
