import { gzipSync } from 'node:zlib'
import t from 'tap'
import { sumFiles, sumLines, sumText } from '../../benchmarks/text-output.ts'

t.test('the contents of files are those of their lines, in the order of their paths', async (t) => {
  const directory = t.testdir({ 'b.txt': 'three\n', a: { 'a.txt': 'one\ntwo\n' }, 'c.csv': 'four\n' })
  t.strictSame(await sumFiles(directory, '.txt'), sumLines(['one', 'two', 'three'], String))
  t.equal((await sumFiles(directory, '')).rows, 4)
  t.strictSame(await sumFiles(t.testdir(), ''), sumText('', [], String), 'no files have the contents of an empty text')
})

t.test('compressed files have the contents of their text, and their own size', async (t) => {
  const members = Buffer.concat([gzipSync('one\ntw'), gzipSync('o\n')])
  const directory = t.testdir({ 'a.txt.gz': members })
  t.strictSame(await sumFiles(directory, '.gz'), { ...sumLines(['one', 'two'], String), bytes: members.length })
})

t.test('truncated compressed files fail', async (t) => {
  const directory = t.testdir({ 'a.gz': gzipSync('one\n'.repeat(1000)).subarray(0, 20) })
  await t.rejects(sumFiles(directory, '.gz'), { code: 'Z_BUF_ERROR' })
})
