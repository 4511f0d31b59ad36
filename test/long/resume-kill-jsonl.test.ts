/** Sixty-eight rounds, with more records, of `test/integration/resume-kill-jsonl.test.ts`. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(
  t,
  [
    [{ format: 'jsonl', commit: 'records', resumable: true }, 34],
    [{ format: 'jsonl', compression: 'gzip', commit: 'container', resumable: false }, 34],
  ],
  { killsEach: 4, scale: 4 },
)
