import t from 'tap'
import { SpillwayError } from '../../../lib/core/errors.ts'
import { SourceFailures } from '../../../lib/collector/source-failures.ts'

const aborted = Object.assign(new Error('aborted'), { code: 'ABORT_ERR' })

t.test('without a failure the summary is undefined', async (t) => {
  t.equal(new SourceFailures('w').summarize(), undefined)
})

t.test('the summary of one failure is its own error', async (t) => {
  const failures = new SourceFailures('w')
  const cause = new Error('boom')
  const error = failures.add(3, cause)
  t.match(error, {
    code: 'ERR_SPILLWAY_SOURCE',
    message: /^Source 3 of workflow "w" failed: boom\./,
    place: { source: 3 },
  })
  t.equal(error.cause, cause)
  t.equal(failures.summarize(), error)
})

t.test('a source destroyed without an error has no cause', async (t) => {
  const error = new SourceFailures('w').add(0, null)
  t.match(error, { message: /failed: it was destroyed before its end\./ })
  t.equal('cause' in error, false)
})

t.test('the summary of several failures has their numbers and the first error', async (t) => {
  const failures = new SourceFailures('w')
  for (const source of [10, 2, 7]) failures.add(source, new Error(`failure ${source}`))
  const error = failures.summarize()
  t.ok(error instanceof SpillwayError)
  t.match(error, {
    code: 'ERR_SPILLWAY_SOURCE',
    message: /^3 sources failed: 2, 7, 10\. The first: Source 10 .*failure 10/,
    cause: { message: 'failure 10' },
    place: { source: 10 },
  })
})

t.test('an AbortError is never wrapped, and any other failure comes before it', async (t) => {
  const failures = new SourceFailures('w')
  t.equal(failures.add(0, aborted), aborted)
  failures.add(1, aborted)
  t.equal(failures.summarize(), aborted)
  failures.add(2, new Error('boom'))
  t.match(failures.summarize(), { message: /^3 sources failed: 0, 1, 2\. The first: Source 2/, place: { source: 2 } })
})
