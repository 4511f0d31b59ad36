import { mock } from 'node:test'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { showProgress } from '../../../../lib/cli/terminal/progress.ts'

t.test('writes nothing to a stream that is not a terminal', async (t) => {
  const stream = new PassThrough()
  const progress = await showProgress(stream, () => 'never drawn')
  t.equal(progress.shown, false)
  progress[Symbol.dispose]()
  t.equal(stream.read(), null)
})

t.test('redraws the line at an interval, and removes it at the end', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, rows: 24, columns: 80 })
  let count = 0
  const progress = await showProgress(stream, () => `record ${++count}`)
  mock.timers.tick(200)
  mock.timers.tick(200)
  const drawn = String(stream.read())
  t.match(drawn, 'record 1')
  t.match(drawn, 'record 2')
  progress[Symbol.dispose]()
  t.match(String(stream.read()), '\u001B[2K', 'the line is erased')
  mock.timers.tick(1000)
  t.equal(count, 2, 'and no longer drawn')
})
