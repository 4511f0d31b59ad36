/**
 * Sixty-eight runs that are killed and resumed, where `test/integration/resume-kill-jsonl.test.ts` has seven.
 */
import t from 'tap'
import { expectResumes } from '../helpers/killed-run.ts'
import { COMMIT_UNITS } from '../../lib/workflow.ts'

for (const commit of COMMIT_UNITS) {
  void t.test(`committed by ${commit}`, async (t) => {
    const { kills, midway } = await expectResumes(t, { format: 'jsonl', commit, resumable: true }, 34, 4)
    t.ok(kills >= 34, `${kills} kills`)
    t.ok(midway > 0, `${midway} of them with records of an unfinished phase committed`)
  })
}
