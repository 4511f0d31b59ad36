import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { SpillwayError } from '../../../lib/core/errors.ts'
import { replaceFile } from '../../../sinks/files/replace-file.ts'

/** Runs `work`, and returns what each file or directory was when it was synced. */
async function syncsDuring(path: string, work: () => Promise<void>): Promise<(string | null)[]> {
  const probe = await open(path, 'a')
  await probe.close()
  const prototype = Object.getPrototypeOf(probe) as typeof probe
  const sync = Object.getOwnPropertyDescriptor(prototype, 'sync') as { value: typeof probe.sync }
  const synced: (string | null)[] = []
  prototype.sync = async function (this: typeof probe) {
    const what = (await this.stat()).isDirectory() ? 'directory' : 'file'
    synced.push(`${what}: ${await readFile(path, 'utf8')}`)
    return sync.value.call(this)
  }
  try {
    await work()
  } finally {
    Object.defineProperty(prototype, 'sync', sync)
  }
  return synced
}

t.test('syncs the new content before the rename, and the directory after it', async (t) => {
  const directory = t.testdir({ 'a.json': 'old' })
  const path = join(directory, 'a.json')
  const synced = await syncsDuring(path, () => replaceFile(path, 'new'))
  const expected = ['file: old', 'directory: new']
  t.strictSame(synced, process.platform === 'win32' ? expected.slice(0, 1) : expected)
  t.strictSame(await readdir(directory), ['a.json'])
})

t.test('makes a file that does not exist, and overwrites a draft that a crash has left', async (t) => {
  const directory = t.testdir({ 'a.json.draft': 'longer than the content' })
  await replaceFile(join(directory, 'a.json'), Buffer.from('new'))
  t.strictSame(await readdir(directory), ['a.json'])
  t.equal(await readFile(join(directory, 'a.json'), 'utf8'), 'new')
})

t.test('takes content in pieces, and keeps the old file when the content fails', async (t) => {
  const directory = t.testdir({ 'a.json': 'old' })
  const path = join(directory, 'a.json')
  const pieces = async function* (failure?: Error) {
    yield 'one '
    yield `of ${(await readFile(path, 'utf8')).length}`
    if (failure !== undefined) throw failure
  }
  await t.rejects(replaceFile(path, pieces(new Error('no more'))), {
    code: 'ERR_SPILLWAY_IO',
    message: `Cannot write ${path}: no more`,
    place: { path },
  })
  const explained = new SpillwayError('ERR_SPILLWAY_IO', 'Cannot read b.json')
  t.equal(await replaceFile(path, pieces(explained)).catch((reason: unknown) => reason), explained)
  t.strictSame(await readdir(directory), ['a.json'])
  t.equal(await readFile(path, 'utf8'), 'old')
  await replaceFile(path, pieces())
  t.equal(await readFile(path, 'utf8'), 'one of 3')
})

t.test('names the file and the remedy when the rename fails, and leaves no draft', async (t) => {
  const directory = t.testdir()
  const path = join(directory, 'a.json')
  await mkdir(path)
  await writeFile(join(path, 'child'), '')
  const error = await replaceFile(path, 'new').catch((reason: unknown) => reason)
  t.match(error, { code: 'ERR_SPILLWAY_IO', place: { path } })
  t.match((error as Error).message, `Cannot write ${path}: `)
  t.strictSame(await readdir(directory), ['a.json'])
  t.ok((await stat(path)).isDirectory())
})
