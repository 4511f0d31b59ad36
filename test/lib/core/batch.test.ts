import t from 'tap'
import { annotate, Marker, markerBatch, notesOf, recordsOf } from '../../../lib/core/batch.ts'

const receipt = { path: '/x', offsetBytes: 5, rows: 1 }

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

t.test('a marker settles only once', async (t) => {
  const marker = new Marker('durable')
  t.equal(notesOf(markerBatch(marker)).marker, marker)
  t.strictSame([...markerBatch(marker)], [])
  marker.settle(receipt)
  marker.fail(new Error('too late'))
  marker.lose()
  t.strictSame(await marker.receipt, receipt)
})

t.test('a failed marker that is not awaited causes no unhandled rejection', async (t) => {
  const failed = new Marker('written')
  failed.fail(new Error('no'))
  const lost = new Marker('written')
  lost.lose()
  await new Promise(setImmediate)
  await t.rejects(failed.receipt, { message: 'no' })
  await t.rejects(lost.receipt, { code: 'ERR_SPILLWAY_MARKER_LOST' })
})
