import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeOutputDirectory } from '../../../../lib/cli/terminal/make-directory.ts'

t.test('makes a directory and its parents, once', async (t) => {
  const path = join(t.testdir(), 'a/b/c')
  await Promise.all([makeOutputDirectory(path), makeOutputDirectory(path)])
  await makeOutputDirectory(path)
  t.ok(statSync(path).isDirectory())
})

t.test('fails where a part of the path is a file', async (t) => {
  const dir = t.testdir({ file: '' })
  await t.rejects(makeOutputDirectory(join(dir, 'file/a/b')), {
    code: 'ERR_SPILLWAY_OPTION',
    message: /ENOTDIR.*Choose another place/,
  })
})

t.test('fails at once below /proc', { skip: !existsSync('/proc/self') && 'there is no /proc' }, async (t) => {
  for (const path of ['/proc/spillway', '/proc/self/spillway/a']) {
    await t.rejects(makeOutputDirectory(path), {
      code: 'ERR_SPILLWAY_OPTION',
      message: /\/proc\/(self\/)?spillway cannot be made: .*\. Choose another place for the output\./,
    })
  }
})
