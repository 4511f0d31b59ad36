/** A hundred and four rounds, with more records, of `test/integration/resume-kill-csv.test.ts`. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(
  t,
  [
    [{ format: 'csv', compression: 'gzip', commit: 'records', resumable: false }, 34],
    [{ format: 'csv', commit: 'container', resumable: false }, 34],
    [{ format: 'csv', commit: 'records', resumable: true, slow: true, shuffled: true }, 12],
    [{ format: 'csv', commit: 'records', resumable: true, shuffled: true }, 12],
    [{ format: 'csv', commit: 'container', resumable: false, shuffled: true }, 12],
  ],
  { killsEach: 4, scale: 4 },
)
