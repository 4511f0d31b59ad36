import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { makeDeferred, type Deferred } from '../../../lib/core/deferred.ts'
import { CheckpointSchedule } from '../../../lib/execution/checkpoint-schedule.ts'

/** A schedule under a mocked clock: a checkpoint every 10 records or 1000 ms, each answered by the test. */
function scheduleOf(t: Test, options: { everyRecords?: number; everyMs?: number } = {}) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  /** What the checkpoints wait for that were asked for. */
  const asked: Deferred<void>[] = []
  const failures: unknown[] = []
  const schedule = new CheckpointSchedule({
    everyRecords: 10,
    everyMs: 1000,
    ...options,
    make: () => {
      const answer = makeDeferred<void>()
      asked.push(answer)
      return answer.promise
    },
    onFailure: (error) => failures.push(error),
  })
  return {
    schedule,
    asked,
    failures,
    /** Answers the last checkpoint asked for. */
    answer: async () => {
      asked.at(-1)?.resolve()
      await setImmediate()
    },
    pass: (ms: number) => {
      mock.timers.tick(ms)
    },
  }
}

t.test('makes a checkpoint after so many records, and counts from there', async (t) => {
  const { schedule, asked, answer } = scheduleOf(t)
  schedule.note(9)
  t.equal(asked.length, 0)
  schedule.note(1)
  t.equal(asked.length, 1)
  await answer()
  schedule.note(9)
  t.equal(asked.length, 1)
  schedule.note(5)
  t.equal(asked.length, 2)
  await answer()
  await schedule.stop()
})

t.test('makes a checkpoint after so much time, from the first record on', async (t) => {
  const { schedule, asked, answer, pass } = scheduleOf(t)
  pass(5000)
  t.equal(asked.length, 0, 'without a record there is nothing to commit')
  schedule.note(1)
  pass(600)
  schedule.note(1)
  pass(399)
  t.equal(asked.length, 0)
  pass(1)
  t.equal(asked.length, 1)
  await answer()
  pass(5000)
  t.equal(asked.length, 1)
  await schedule.stop()
})

t.test('makes none for time when the time is longer than a timer can wait', async (t) => {
  const { schedule, asked, pass } = scheduleOf(t, { everyMs: Infinity })
  schedule.note(9)
  pass(2 ** 31)
  t.equal(asked.length, 0)
  await schedule.stop()
})

t.test('makes one at a time, and one for all records that came meanwhile', async (t) => {
  const { schedule, asked, answer } = scheduleOf(t)
  schedule.note(10)
  schedule.note(10)
  schedule.note(25)
  t.equal(asked.length, 1)
  await answer()
  t.equal(asked.length, 2)
  await answer()
  t.equal(asked.length, 2)
  await schedule.stop()
})

t.test('records that came during a checkpoint, though few, are committed in time', async (t) => {
  const { schedule, asked, answer, pass } = scheduleOf(t)
  schedule.note(10)
  schedule.note(3)
  await answer()
  pass(999)
  t.equal(asked.length, 1)
  pass(1)
  t.equal(asked.length, 2)
  await answer()
  await schedule.stop()
})

t.test('begins none while it is held, and makes the one that was due when it is released', async (t) => {
  const { schedule, asked, answer } = scheduleOf(t)
  schedule.hold()
  schedule.hold()
  schedule.note(10)
  schedule.release()
  t.equal(asked.length, 0)
  schedule.release()
  t.equal(asked.length, 1)
  await answer()
  schedule.hold()
  schedule.note(1)
  schedule.release()
  t.equal(asked.length, 1, 'none was due')
  await schedule.stop()
})

t.test('makes none after one has failed', async (t) => {
  const { schedule, asked, failures, pass } = scheduleOf(t)
  const failure = new Error('disk full')
  schedule.note(10)
  schedule.note(10)
  asked[0]?.reject(failure)
  await setImmediate()
  t.strictSame(failures, [failure])
  schedule.note(10)
  pass(5000)
  t.equal(asked.length, 1)
  await schedule.stop()
})

t.test('stops with the checkpoint that is under way, and makes no other', async (t) => {
  const { schedule, asked, answer, pass } = scheduleOf(t)
  schedule.note(10)
  schedule.note(10)
  let isStopped = false
  const stopped = schedule.stop().then(() => (isStopped = true))
  await setImmediate()
  t.notOk(isStopped)
  await answer()
  await stopped
  schedule.note(10)
  pass(5000)
  t.equal(asked.length, 1)
})
