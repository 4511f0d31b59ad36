import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import type { ResultRecord } from '../../../lib/core/record.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'
import type { Workflow } from '../../../lib/workflow/types.ts'

const workflow: Workflow = {
  id: 'run',
  phases: [
    { name: 'a', topology: 'search' },
    { name: 'b', topology: 'search', depends_on: ['a'] },
  ],
}

/** A coordinator with one topology, and a counter of the records that the topology has produced. */
function setUp(t: Test, records: number, failAt = Infinity) {
  const made = { count: 0 }
  const search: Topology = {
    containers: () => [{ id: 'c' }],
    *run() {
      for (let n = 0; n < records; n++) {
        if (n === failAt) throw new Error('cut off')
        made.count++
        yield { n }
      }
    },
  }
  const outputDir = t.testdir()
  const written = (phase: string) => {
    const file = join(outputDir, 'run/results', phase, 'part-00000.jsonl')
    return readFileSync(file, 'utf8').trimEnd().split('\n').length
  }
  return { coordinator: new Coordinator({ outputDir, topologies: { search } }), made, written }
}

t.test('yields the records of all phases, then resolves the result', async (t) => {
  const { coordinator, written } = setUp(t, 500)
  const stream = coordinator.stream(workflow)
  const seen: ResultRecord[] = []
  for await (const record of stream) seen.push(record)
  t.equal(seen.length, 1000)
  t.match(seen[0], { phase: 'a', container: 'c', n: 0 })
  t.match(seen[999], { phase: 'b', n: 499 })
  t.match(await stream.result, { status: 'completed', counts: { written: 1000 } })
  t.equal(written('b'), 500)
})

t.test('the run starts with the first read, and its speed is limited by the reader', async (t) => {
  const { coordinator, made } = setUp(t, 10_000)
  const stream = coordinator.stream(workflow)
  await new Promise(setImmediate)
  t.equal(made.count, 0)
  let read = 0
  let most = 0
  await pipeline(
    stream,
    new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(_record, _encoding, callback) {
        read++
        most = Math.max(most, made.count - read)
        if (read % 50 === 0) setImmediate(callback)
        else callback()
      },
    }),
  )
  t.equal(read, 20_000)
  t.ok(most < 500, `${most} records were ahead of the reader`)
})

t.test('ending the stream early stops the run and keeps the accepted records', async (t) => {
  const { coordinator, made, written } = setUp(t, 10_000)
  const stream = coordinator.stream(workflow)
  let read = 0
  for await (const _record of stream) if (++read === 100) break
  await t.rejects(stream.result, {
    name: 'AbortError',
    result: { status: 'aborted', phases: { b: { status: 'skipped' } } },
  })
  t.ok(made.count < 10_000)
  t.equal(written('a'), made.count, 'the files are complete when the loop has ended')
})

t.test('a failed run fails the stream, after the records before the failure', async (t) => {
  const { coordinator } = setUp(t, 500, 300)
  const stream = coordinator.stream(workflow)
  let read = 0
  const loop = async () => {
    for await (const _record of stream) read++
  }
  await t.rejects(loop(), { code: 'ERR_SPILLWAY_CONTAINER', message: /at record 301: cut off/ })
  t.equal(read, 300)
  await t.rejects(stream.result, { name: 'SpillwayError', result: { status: 'failed' } })
})

t.test('a stream that is never read starts no run', async (t) => {
  const { coordinator, made } = setUp(t, 10)
  const stream = coordinator.stream(workflow)
  stream.destroy()
  await t.rejects(stream.result, { name: 'AbortError' })
  t.equal(made.count, 0)
})

t.test('the signal stops the run', async (t) => {
  const { coordinator } = setUp(t, 10_000)
  const controller = new AbortController()
  const stream = coordinator.stream(workflow, { signal: controller.signal })
  const loop = async () => {
    for await (const { n } of stream as AsyncIterable<ResultRecord>) if (n === 50) controller.abort()
  }
  await t.rejects(loop(), { name: 'AbortError' })
  await t.rejects(stream.result, { name: 'AbortError', result: { status: 'aborted' } })
})

t.test('a workflow that cannot be run fails the stream', async (t) => {
  const { coordinator } = setUp(t, 1)
  const stream = coordinator.stream({ phases: [] })
  await t.rejects(stream.toArray(), { code: 'ERR_SPILLWAY_WORKFLOW' })
})

t.test('a slow reader gets all records of containers that run at once', async (t) => {
  const search: Topology = {
    containers: () => Array.from({ length: 20 }, (_, n) => ({ id: `c${n}` })),
    *run() {
      for (let n = 0; n < 50; n++) yield { n }
    },
  }
  const coordinator = new Coordinator({ outputDir: t.testdir(), topologies: { search } })
  const phases = ['a', 'b'].map((name) => ({ name, topology: 'search' }))
  const stream = coordinator.stream({ id: 'run', concurrency: 3, phases })
  let read = 0
  for await (const _record of stream) if (++read % 10 === 0) await new Promise(setImmediate)
  t.equal(read, 2000)
  t.match(await stream.result, { status: 'completed', counts: { written: 2000 } })
})
