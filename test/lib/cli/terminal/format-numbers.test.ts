import t from 'tap'
import { bytesText, countText, quantityText, secondsText } from '../../../../lib/cli/terminal/format-numbers.ts'

t.test('shows counts with their thousands', async (t) => {
  t.strictSame([0, 999, 1234567].map(countText), ['0', '999', '1,234,567'])
  t.strictSame(
    [1, 2000].map((count) => quantityText(count, 'record')),
    ['1 record', '2,000 records'],
  )
})

t.test('shows bytes in the unit that suits them', async (t) => {
  t.strictSame([0, 999, 1000, 99_940, 99_960, 999_499, 999_500, 4_123_456, 5e12].map(bytesText), [
    '0 B',
    '999 B',
    '1 kB',
    '99.9 kB',
    '100 kB',
    '999 kB',
    '1 MB',
    '4.12 MB',
    '5 TB',
  ])
})

t.test('shows seconds in the units that suit them', async (t) => {
  t.strictSame([0, 0.0001, 0.57, 0.9996, 9.96, 99.9, 119.7, 3600].map(secondsText), [
    '0ms',
    '0ms',
    '570ms',
    '1s',
    '9.9s',
    '1m 39.9s',
    '1m 59.7s',
    '1h',
  ])
})
