/** A hundred and four rounds, with more records, of `test/integration/resume-kill-parquet.test.ts`. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(
  t,
  [
    [{ format: 'parquet', commit: 'records', resumable: true }, 34],
    [{ format: 'parquet', commit: 'container', resumable: false }, 34],
    [{ format: 'parquet', commit: 'records', resumable: true, slow: true, shuffled: true }, 12],
    [{ format: 'parquet', commit: 'records', resumable: true, shuffled: true }, 12],
    [{ format: 'parquet', commit: 'container', resumable: false, shuffled: true }, 12],
  ],
  { killsEach: 4, scale: 2 },
)
