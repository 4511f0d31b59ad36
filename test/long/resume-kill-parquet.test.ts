/** Sixty-eight rounds, with more records, of `test/integration/resume-kill-parquet.test.ts`. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(
  t,
  [
    [{ format: 'parquet', commit: 'records', resumable: true }, 34],
    [{ format: 'parquet', commit: 'container', resumable: false }, 34],
  ],
  { killsEach: 4, scale: 2 },
)
