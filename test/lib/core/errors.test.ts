import t from 'tap'
import {
  errnoOf,
  ERROR_CODES,
  isAbortError,
  messageOf,
  placedMessageOf,
  SpillwayError,
  stackOf,
} from '../../../lib/core/errors.ts'

t.test('SpillwayError has a code, a cause and a place', async (t) => {
  const cause = new Error('why')
  const error = new SpillwayError('ERR_SPILLWAY_IO', 'what', { cause, place: { path: '/x' } })
  t.ok(error instanceof Error)
  t.match(error, { name: 'SpillwayError', code: 'ERR_SPILLWAY_IO', message: 'what', cause, place: { path: '/x' } })
  const bare = new SpillwayError('ERR_SPILLWAY_IO', 'what')
  t.strictSame(bare.place, {})
  t.equal('cause' in bare, false)
})

t.test('all codes have the same form and a description', async (t) => {
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    t.match(code, /^ERR_SPILLWAY_[A-Z_]+$/)
    t.not(meaning, '')
  }
})

t.test('isAbortError recognizes the AbortError of a signal', async (t) => {
  t.equal(isAbortError(AbortSignal.abort().reason), true)
  t.equal(isAbortError(Object.assign(new Error('x'), { code: 'ABORT_ERR' })), true)
  t.equal(isAbortError(new Error('AbortError')), false)
  t.equal(isAbortError('AbortError'), false)
})

t.test('messageOf and errnoOf accept any thrown value', async (t) => {
  t.strictSame([new Error('a'), 'b', 5, undefined].map(messageOf), ['a', 'b', '5', 'undefined'])
  t.equal(errnoOf(Object.assign(new Error('x'), { code: 'ENOSPC' })), 'ENOSPC')
  t.equal(errnoOf(Object.assign(new Error('x'), { code: 5 })), undefined)
  t.equal(errnoOf('ENOSPC'), undefined)
})

t.test('placedMessageOf names where an error was thrown outside of Node.js and this package', async (t) => {
  const placed = (stack: string, message = 'boom') => placedMessageOf(Object.assign(new Error(message), { stack }))
  t.match(placedMessageOf(new Error('boom')), /^boom \(.*errors\.test\.ts:\d+:\d+\)$/)
  t.equal(placed('Error: boom\n    at node:fs:1:2\n    at async run (file:///x/a%20b.js:3:4)'), 'boom (/x/a b.js:3:4)')
  t.equal(placed('Error: boom\n    at Array.map (<anonymous>)\n    at /x/y.js:5:6'), 'boom (/x/y.js:5:6)')
  t.equal(placed('Error: boom\n    at async file:///x/y.js:5:6'), 'boom (/x/y.js:5:6)')
  const own = new URL('../../../lib/core/errors.ts', import.meta.url).href
  t.equal(placed(`Error: boom\n    at f (${own}:1:1)\n    at g (/x/y.js:7:8)`), 'boom (/x/y.js:7:8)')
  t.equal(placed(`Error: boom\n    at f (${own}:1:1)`), 'boom')
  const calling = new URL('../../../lib/execution/container-run.ts', import.meta.url).href
  t.equal(placed(`Error: boom\n    at f (${calling}:1:1)\n    at main (/x/main.js:9:9)`), 'boom', 'what called a run')
  const message = 'bad:\n    at /not/a/frame.js:1:1'
  t.equal(placed(`Error: ${message}\n    at /x/y.js:2:2`, message), `${message} (/x/y.js:2:2)`)
  t.strictSame(['b', 5, undefined].map(placedMessageOf), ['b', '5', 'undefined'])
  t.equal(placedMessageOf(Object.assign(new Error('boom'), { stack: 5 })), 'boom')
  t.equal(placed('Error: boom\n    at file://host/x.js:1:1\n    at /x/y.js:1:2'), 'boom (/x/y.js:1:2)')
})

t.test('stackOf has the stack of each cause, without errors that only name the place of another', async (t) => {
  const root = Object.assign(new Error('root'), { stack: 'root stack' })
  const thrown = Object.assign(new Error('thrown', { cause: root }), { stack: 'thrown stack' })
  const wrapper = new SpillwayError('ERR_SPILLWAY_CONTAINER', 'wrapper', { cause: thrown })
  t.equal(stackOf(wrapper), 'thrown stack\nCaused by: root stack')
  t.match(stackOf(new SpillwayError('ERR_SPILLWAY_CONTAINER', 'bare', { cause: 'text' })), /bare\n +at /)
  const cycle = new Error('cycle')
  cycle.cause = cycle
  t.equal(stackOf(cycle).split('Caused by').length, 8)
})
