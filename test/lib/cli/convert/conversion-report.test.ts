import t from 'tap'
import { failureText, isBrokenPipe, progressLine } from '../../../../lib/cli/convert/conversion-report.ts'
import type { ConversionStats } from '../../../../lib/cli/convert/convert.ts'

const stats: ConversionStats = {
  pass: 'records',
  passSeconds: 2,
  records: 3000,
  bytesRead: 1_500_000,
  fraction: 0.257,
  written: 2000,
  rejected: 0,
  firstRejection: undefined,
  bytesWritten: 100,
}

t.test('the progress line shows the values that are known', async (t) => {
  t.equal(progressLine(stats), 'Converting: 3,000 records, 1.5 MB read, 25%, 1,500 records/s')
  t.equal(
    progressLine({ ...stats, fraction: undefined, rejected: 2 }),
    'Converting: 3,000 records, 1.5 MB read, 1,500 records/s, 2 rejected',
  )
  t.equal(
    progressLine({ ...stats, pass: 'columns', records: 0 }),
    'Finding columns: 1.5 MB read, 25%',
    'the types of CSV are found without records',
  )
})

t.test('a failure names options of the command, on one line', async (t) => {
  t.equal(
    failureText(new Error('Raise `maxElementBytes`\nor else `other`.')),
    'Raise --max-line-bytes or else `other`.',
  )
})

t.test('finds a broken pipe among the causes of an error', async (t) => {
  const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  t.ok(isBrokenPipe(new Error('Cannot write', { cause: broken })))
  t.notOk(isBrokenPipe(new Error('Cannot write', { cause: new Error('EPIPE') })))
})
