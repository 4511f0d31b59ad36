/** A hundred and four rounds, with more records, of `test/integration/resume-kill-jsonl.test.ts`. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(
  t,
  [
    [{ format: 'jsonl', commit: 'records', resumable: true }, 34],
    [{ format: 'jsonl', compression: 'gzip', commit: 'container', resumable: false }, 34],
    [{ format: 'jsonl', commit: 'records', resumable: true, slow: true, shuffled: true }, 12],
    [{ format: 'jsonl', commit: 'records', resumable: true, shuffled: true }, 12],
    [{ format: 'jsonl', commit: 'container', resumable: false, shuffled: true }, 12],
  ],
  { killsEach: 4, scale: 4 },
)
