/** A run that is killed at any moment and resumed has exactly the same results as an uninterrupted run. */
import t from 'tap'
import { testResumes } from '../helpers/killed-run.ts'

testResumes(t, [
  [{ format: 'parquet', commit: 'records', resumable: true }, 2],
  [{ format: 'parquet', commit: 'container', resumable: false }, 2],
  [{ format: 'parquet', commit: 'records', resumable: true, slow: true, shuffled: true }, 2],
])
