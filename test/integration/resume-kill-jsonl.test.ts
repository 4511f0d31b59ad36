/** A run that is killed at any moment and resumed has exactly the same results as an uninterrupted run. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(t, [
  [{ format: 'jsonl', commit: 'records', resumable: true }, 2],
  [{ format: 'jsonl', compression: 'gzip', commit: 'container', resumable: false }, 2],
  [{ format: 'jsonl', commit: 'records', resumable: true, slow: true, shuffled: true }, 2],
])
