import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { StageClock, type Stage } from '../../benchmarks/stage-clock.ts'

/** A clock that stands still unless a stage works. */
let now = 0

function work(ms: number): void {
  now += ms
}

function source(count: number, ms = 0): Readable {
  let n = 0
  return new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      work(ms)
      this.push(n < count ? { n: n++ } : null)
    },
  })
}

function transform(ms: number): Transform {
  return new Transform({
    objectMode: true,
    highWaterMark: 1,
    transform(chunk, _encoding, callback) {
      work(ms)
      callback(null, chunk)
    },
  })
}

/** @param waitMs - what passes before it calls back, as with a disk */
function target(ms: number, waitMs = 0): Writable {
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(_chunk, _encoding, callback) {
      work(ms)
      if (waitMs === 0) {
        callback()
        return
      }
      setImmediate(() => {
        work(waitMs)
        callback()
      })
    },
  })
}

async function timesOf(...stages: Stage[]): Promise<Record<string, Record<string, number>>> {
  now = 0
  const names = ['source', 'transform', 'target']
  const clocks = stages.map((stage, index) => new StageClock(stage, names[index] ?? '', () => now))
  await pipeline(stages as never)
  return Object.fromEntries(clocks.map((clock) => [clock.name, { records: clock.records, ...clock.read() }]))
}

t.test('a stage is busy while it works, and only that one', async (t) => {
  const times = await timesOf(source(10, 1), transform(3), target(2))
  t.match(times, { source: { busy: 11 }, transform: { busy: 30 }, target: { busy: 20, blocked: 0 } })
  for (const { busy, blocked, starved } of Object.values(times)) {
    t.equal((busy ?? 0) + (blocked ?? 0) + (starved ?? 0), now, 'it is always at something')
  }
})

t.test('waiting for something outside is work, and blocks those before', async (t) => {
  const { source: first, transform: second, target: third } = await timesOf(source(10), transform(0), target(0, 5))
  t.match([first, second, third], [{ busy: 0 }, { busy: 0 }, { busy: 50 }])
  t.ok((second?.['blocked'] ?? 0) >= 40, 'all but the last of them')
  t.ok((first?.['blocked'] ?? 0) >= 30)
})

t.test('a stage behind a slow one starves', async (t) => {
  const { target: last } = await timesOf(source(10), transform(5), target(0))
  t.equal(last?.['busy'], 0)
  t.equal(last?.['starved'], 50)
})

t.test('counts the records of batches and of writes that are joined', async (t) => {
  const batches = Readable.from([[{ n: 1 }, { n: 2 }], [{ n: 3 }]])
  const joined: number[] = []
  const writable = new Writable({
    objectMode: true,
    writev(chunks, callback) {
      joined.push(chunks.length)
      setImmediate(callback)
    },
  })
  const times = await timesOf(batches, transform(0), writable)
  t.match(times, { source: { records: 3 }, transform: { records: 3 }, target: { records: 3 } })
  t.ok(joined.length > 0)
  const bytes = await timesOf(Readable.from([Buffer.from('ab')]), target(0))
  t.equal(bytes['source']?.['records'], 0)
})
