import t from 'tap'
import { nearestWord } from '../../../lib/core/nearest.ts'

const known = ['bufferSize', 'maxBytes', 'maxAgeMs', 'path']

t.test('nearestWord returns the word with the smallest edit distance', async (t) => {
  t.equal(nearestWord('buffersize', known), 'bufferSize')
  t.equal(nearestWord('maxByte', known), 'maxBytes')
  t.equal(nearestWord('maxAge', known), 'maxAgeMs')
  t.equal(nearestWord('pth', known), 'path')
  t.equal(nearestWord('maxBytes', known), 'maxBytes')
})

t.test('nearestWord returns undefined when every word is too different', async (t) => {
  t.equal(nearestWord('compression', known), undefined)
  t.equal(nearestWord('x', []), undefined)
  t.equal(nearestWord('', known), undefined)
})
