import t from 'tap'
import { ByteOrderMark } from '../../../transforms/parsing/byte-order-mark.ts'

function strip(...chunks: number[][]): number[] {
  const mark = new ByteOrderMark()
  return [...chunks.flatMap((chunk) => [...mark.strip(Buffer.from(chunk))]), ...mark.rest()]
}

t.test('removes a mark, in one piece or in three', async (t) => {
  t.strictSame(strip([0xef, 0xbb, 0xbf, 1, 2]), [1, 2])
  t.strictSame(strip([0xef], [0xbb], [0xbf], [1]), [1])
})

t.test('keeps bytes that only begin like a mark', async (t) => {
  t.strictSame(strip([0xef, 0xbb]), [0xef, 0xbb])
  t.strictSame(strip([0xef], [0xbb, 1]), [0xef, 0xbb, 1])
  t.strictSame(strip([]), [])
})

t.test('keeps a second mark', async (t) => {
  t.strictSame(strip([0xef, 0xbb, 0xbf], [0xef, 0xbb, 0xbf]), [0xef, 0xbb, 0xbf])
})
