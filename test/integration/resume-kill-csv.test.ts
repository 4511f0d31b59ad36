/** A run that is killed at any moment, and resumed, leaves exactly what an undisturbed run does. */
import t from 'tap'
import { expectResumes } from '../helpers/killed-run.ts'

let midway = 0

t.test('committed by records', async (t) => {
  const outcome = await expectResumes(t, { format: 'csv', compression: 'gzip', commit: 'records', resumable: false }, 4)
  midway += outcome.midway
})

t.test('committed by containers', async (t) => {
  const outcome = await expectResumes(t, { format: 'csv', commit: 'container', resumable: false }, 3)
  midway += outcome.midway
})

t.test('processes were killed when lines of an unfinished phase were committed', async (t) => {
  t.ok(midway > 0)
})
