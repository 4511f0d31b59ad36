import t from 'tap'
import { CheckpointSchedule } from '../../../lib/execution/checkpoint-schedule.ts'

t.test('a checkpoint that was declined is made again, though no record follows', async (t) => {
  const answers = [false, false, true]
  let made = 0
  let settle = () => {}
  const all = new Promise<void>((resolve) => {
    settle = resolve
  })
  const checkpoints = new CheckpointSchedule({
    everyRecords: 1000,
    everyMs: 1,
    make: async () => {
      const answer = answers[made++] ?? true
      if (answer) settle()
      return answer
    },
    onFailure: (error) => t.fail(String(error)),
  })
  checkpoints.note(1)
  await all
  await checkpoints.stop()
  t.equal(made, 3)
})
