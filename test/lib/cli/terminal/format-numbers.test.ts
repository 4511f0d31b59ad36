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
    '1.0 kB',
    '99.9 kB',
    '100 kB',
    '999 kB',
    '1.0 MB',
    '4.1 MB',
    '5.0 TB',
  ])
})

t.test('shows seconds, and minutes when there are many', async (t) => {
  t.strictSame([0.123, 9.99, 9.996, 99.9, 119.7, 3600].map(secondsText), [
    '0.12 s',
    '9.99 s',
    '10.0 s',
    '99.9 s',
    '2 min 0 s',
    '60 min 0 s',
  ])
})
