import t from 'tap'
import { annotate, failMarker, joinRecords, markerBatch, notesOf, recordsOf } from '../../../lib/core/batch.ts'
import { Marker } from '../../../lib/core/marker.ts'

t.test('annotate adds metadata that is neither enumerable nor part of the JSON text', async (t) => {
  const batch = annotate([{ n: 1 }], { segments: [] })
  t.strictSame(notesOf(batch), { segments: [] })
  t.equal(JSON.stringify(batch), '[{"n":1}]')
  t.strictSame(Object.keys(batch), ['0'])
  const onWritten = () => {}
  annotate(batch, { onWritten })
  t.strictSame(notesOf(batch), { segments: [], onWritten }, 'adds to the metadata that exists')
})

t.test('notesOf returns no metadata for other values', async (t) => {
  for (const chunk of [{}, [], [{}], null, 'text']) t.strictSame(notesOf(chunk), {})
})

t.test('recordsOf wraps a single record in an array', async (t) => {
  const batch = [{ n: 1 }]
  t.equal(recordsOf(batch), batch)
  t.strictSame(recordsOf({ n: 1 }), [{ n: 1 }])
})

t.test('carries a marker in an empty batch', async (t) => {
  const marker = new Marker('durable')
  t.equal(notesOf(markerBatch(marker)).marker, marker)
  t.strictSame([...markerBatch(marker)], [])
  failMarker(markerBatch(marker), new Error('gone'))
  await t.rejects(marker.receipt, { message: 'gone' })
  failMarker([{ n: 1 }], new Error('no marker'))
})

t.test('joins single records in a row, and leaves arrays as they are', async (t) => {
  const batch = annotate([{ n: 3 }], { segments: [] })
  const marker = markerBatch(new Marker('written'))
  const joined = joinRecords([{ n: 1 }, { n: 2 }, batch, marker, { n: 4 }])
  t.strictSame(joined, [[{ n: 1 }, { n: 2 }], batch, [], [{ n: 4 }]])
  t.equal(joined[1], batch)
  t.equal(joined[2], marker)
})
