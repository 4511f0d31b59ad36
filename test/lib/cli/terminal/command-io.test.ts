import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { printText, widthOf, type CommandIo } from '../../../../lib/cli/terminal/command-io.ts'

function failing(code: string): CommandIo {
  const stdout = new Writable({
    write(_chunk, _encoding, callback) {
      callback(Object.assign(new Error(`${code}: write`), { code }))
    },
  }).on('error', () => {})
  return { stdin: new PassThrough(), stdout, stderr: new PassThrough(), signal: new AbortController().signal }
}

t.test('the width is that of COLUMNS or of the terminal, and unlimited on a pipe', async (t) => {
  const before = process.env['COLUMNS']
  t.teardown(() => {
    if (before === undefined) delete process.env['COLUMNS']
    else process.env['COLUMNS'] = before
  })
  delete process.env['COLUMNS']
  const terminal = (columns?: number) =>
    Object.assign(new PassThrough(), { isTTY: true, ...(columns !== undefined && { columns }) })
  t.equal(widthOf(terminal(60)), 60)
  t.equal(widthOf(terminal(0)), 80)
  t.equal(widthOf(terminal()), 80)
  t.equal(widthOf(new PassThrough()), Infinity)
  process.env['COLUMNS'] = '100'
  t.equal(widthOf(terminal(60)), 100)
  t.equal(widthOf(new PassThrough()), Infinity)
  process.env['COLUMNS'] = 'wide'
  t.equal(widthOf(terminal(60)), 60)
})

t.test('text that cannot be written is an error, except to a reader that has read enough', async (t) => {
  await t.rejects(printText(failing('ENOSPC'), 'text'), {
    code: 'ERR_SPILLWAY_IO',
    message: 'Cannot write to standard output: ENOSPC: write',
  })
  await t.resolves(printText(failing('EPIPE'), 'text'))
})
