/** Directories that are made, and those that cannot be. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeDirectories, makeDirectory } from '../../../sinks/files/file-target.ts'

t.test('makes a directory with its parents, and returns the first one that was missing', async (t) => {
  const directory = t.testdir({ file: '' })
  t.equal(await makeDirectories(join(directory, 'a/b/c')), join(directory, 'a'))
  t.equal(await makeDirectories(join(directory, 'a/b/d')), join(directory, 'a/b/d'))
  t.equal(await makeDirectories(join(directory, 'a/b/d')), undefined)
  t.ok(statSync(join(directory, 'a/b/c')).isDirectory())
  const made = await Promise.all([1, 2, 3].map(() => makeDirectories(join(directory, 'x/y'))))
  t.ok(made.includes(join(directory, 'x')), 'several at once')
})

t.test('a file in the path, and a place where none can be made, are errors', async (t) => {
  const directory = t.testdir({ file: '' })
  for (const path of ['file', 'file/a/b']) {
    const message = /Cannot make the directory .*a part of the path is a file/
    await t.rejects(makeDirectory(join(directory, path)), { code: 'ERR_SPILLWAY_IO', message })
  }
  if (existsSync('/proc/self')) await t.rejects(makeDirectory('/proc/none/a/b'), { code: 'ERR_SPILLWAY_IO' })
})
