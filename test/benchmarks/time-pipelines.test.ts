import { Readable, Transform, Writable } from 'node:stream'
import t from 'tap'
import { formatPipelines, timePipelines } from '../../benchmarks/index.ts'

function records(count: number): Readable {
  return Readable.from(Array.from({ length: count }, (_, n) => ({ n })))
}

class Passing extends Transform {
  constructor() {
    super({ objectMode: true, transform: (chunk, _encoding, callback) => callback(null, chunk) })
  }
}

class Taking extends Writable {
  constructor(written: unknown[] = []) {
    super({
      objectMode: true,
      write: (chunk, _encoding, callback) => {
        written.push(chunk)
        setImmediate(callback)
      },
    })
  }
}

t.test('runs the pipelines in turns, and names the stage that is busiest', async (t) => {
  const order: string[] = []
  const make = (name: string) => () => {
    order.push(name)
    return [records(200), new Passing(), new Taking()]
  }
  const { pipelines, rounds } = await timePipelines({ a: make('a'), b: make('b') }, { rounds: 2 })
  t.strictSame(order, ['a', 'b', 'a', 'b', 'a', 'b'], 'one warm-up run and two measured runs')
  t.equal(rounds, 2)
  t.match(pipelines, [
    { name: 'a', records: 200, times: [Number, Number], ratio: { median: 1 } },
    { name: 'b', records: 200 },
  ])
  for (const { slowest, stages } of pipelines) {
    t.strictSame(
      stages.map(({ name }) => name),
      ['Readable', 'Passing', 'Taking'],
    )
    const busiest = stages.reduce((one, other) => (other.busyShare > one.busyShare ? other : one))
    t.equal(slowest, busiest.name)
  }
})

t.test('does not change the records, counts those in batches, and formats a table', async (t) => {
  const written: unknown[] = []
  const report = await timePipelines(
    {
      mine: () => [
        Readable.from([[{ n: 1 }, { n: 2 }], [{ n: 3 }]]),
        new Passing(),
        new Passing(),
        new Taking(written),
      ],
    },
    { rounds: 2 },
  )
  t.strictSame(written.slice(0, 2), [[{ n: 1 }, { n: 2 }], [{ n: 3 }]])
  t.equal(written.length, 6, 'one warm-up run and two measured runs')
  t.equal(report.pipelines[0]?.records, 3)
  t.match(formatPipelines(report), /^median of 2 runs each.*\n.*records\/s.*\n {2}mine +3 [^]*\n {2}Passing \(2\) .*%/)
})

t.test('fails with the error of the pipeline', async (t) => {
  const failing = () => [
    records(3),
    new Writable({ objectMode: true, write: (_chunk, _encoding, callback) => callback(new Error('write failed')) }),
  ]
  await t.rejects(timePipelines({ failing }), { message: 'write failed' })
})
