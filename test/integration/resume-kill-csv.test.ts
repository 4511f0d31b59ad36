/** A run that is killed at any moment and resumed has exactly the same results as an uninterrupted run. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(t, [
  [{ format: 'csv', compression: 'gzip', commit: 'records', resumable: false }, 2],
  [{ format: 'csv', commit: 'container', resumable: false }, 2],
  [{ format: 'csv', commit: 'records', resumable: true, slow: true, shuffled: true }, 2],
])
