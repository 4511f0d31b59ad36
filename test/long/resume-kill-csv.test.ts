/** Sixty-eight rounds, with more records, of `test/integration/resume-kill-csv.test.ts`. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(
  t,
  [
    [{ format: 'csv', compression: 'gzip', commit: 'records', resumable: false }, 34],
    [{ format: 'csv', commit: 'container', resumable: false }, 34],
  ],
  { killsEach: 4, scale: 4 },
)
