import t from 'tap'
import { errnoOf, ERROR_CODES, isAbortError, messageOf, SpillwayError } from '../../../lib/core/errors.ts'

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
