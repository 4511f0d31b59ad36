import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { StageClock, type Stage } from '../../benchmarks/stage-clock.ts'

/** The time of a clock that advances only when a stage works. */
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

/** @param waitMs - time before it calls back, like a disk */
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

t.test('only the stage that works is busy', async (t) => {
  const times = await timesOf(source(10, 1), transform(3), target(2))
  t.match(times, { source: { busy: 11 }, transform: { busy: 30 }, target: { busy: 20, blocked: 0 } })
  for (const { busy, blocked, starved } of Object.values(times)) {
    t.equal((busy ?? 0) + (blocked ?? 0) + (starved ?? 0), now, 'the activities add up to the whole time')
  }
})

t.test('a stage that waits for something outside is busy, and the stages before it are blocked', async (t) => {
  const { source: first, transform: second, target: third } = await timesOf(source(10), transform(0), target(0, 5))
  t.match([first, second, third], [{ busy: 0 }, { busy: 0 }, { busy: 50 }])
  t.ok((second?.['blocked'] ?? 0) >= 40, 'during all writes but the last one')
  t.ok((first?.['blocked'] ?? 0) >= 30)
})

t.test('a stage after a slow one is starved', async (t) => {
  const { target: last } = await timesOf(source(10), transform(5), target(0))
  t.equal(last?.['busy'], 0)
  t.equal(last?.['starved'], 50)
})

t.test('counts the records of batches and of joined writes', async (t) => {
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
