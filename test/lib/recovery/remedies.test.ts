/** What the messages of a damaged, moved or unfinished run advise is obeyed, and gives the undisturbed run. */
import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { readRunState } from '../../../lib/journal/reader.ts'
import { repairRun } from '../../../lib/recovery/repair.ts'
import { verifyRun } from '../../../lib/recovery/verify.ts'
import { contentOf, topologiesOf, workflowOf } from '../../helpers/three-phase-run.ts'

const fail = () => {
  throw new Error('not yet')
}

/** A run in `<directory>/runs`; one that is unfinished has failed in its last phase. */
async function runOf(t: Test, isFinished: boolean) {
  const outputDir = join(t.testdir(), 'runs')
  const execute = (path: string, topologies = topologiesOf()) =>
    new Coordinator({ outputDir: path, topologies }).executeWorkflow(workflowOf('jsonl'))
  const { directory } = await execute(join(outputDir, '../undisturbed'))
  const expected = await contentOf(directory, 'jsonl')
  if (isFinished) await execute(outputDir)
  else await t.rejects(execute(outputDir, topologiesOf(fail)), { message: /not yet/ })
  const run = join(outputDir, 'run')
  const resume = (path = run, acceptChanges?: string[]) =>
    new Coordinator({ outputDir, topologies: topologiesOf() }).resumeWorkflow(path, {
      ...(acceptChanges !== undefined && { acceptChanges }),
    })
  const expectUndisturbed = async (path = run) => {
    const { problems, status } = await verifyRun(path)
    t.strictSame(problems, [])
    t.equal(status, 'completed')
    t.strictSame(await contentOf(path, 'jsonl'), expected)
  }
  return { outputDir, run, resume, execute, expectUndisturbed }
}

/** Runs the phases again that the message of an error names. */
async function obeyRerun(t: Test, work: Promise<unknown>, resume: (phases: string[]) => Promise<unknown>) {
  const error = (await work.then(
    () => new Error('nothing was refused'),
    (refusal: unknown) => refusal,
  )) as Error
  // What reads a damaged part is a container.
  t.match(error, { code: /^ERR_SPILLWAY_(JOURNAL|CONTAINER)$/, place: { phase: String } })
  const [, phase = ''] = / --accept-changes (\w+)/.exec(error.message) ?? []
  t.ok(phase, error.message)
  await resume([phase])
}

const lost: Readonly<Record<string, (run: string) => void>> = {
  'the first part of a complete phase': (run) => {
    rmSync(join(run, 'results/a/part-00000.jsonl'))
  },
  'the end of the first part of a complete phase': (run) => {
    truncateSync(join(run, 'results/a/part-00000.jsonl'), 10)
  },
  'the last part of a complete phase': (run) => {
    rmSync(join(run, 'results/a/part-00002.jsonl'))
  },
  'the first part of the phase that failed': (run) => {
    rmSync(join(run, 'results/b/part-00000.jsonl'))
  },
  'the log of aggregates': (run) => {
    rmSync(join(run, 'journal/aggregates/a'), { recursive: true })
  },
  'the log of containers': (run) => {
    rmSync(join(run, 'journal/containers/b/ids.jsonl'))
  },
  'the dead letters': (run) => {
    rmSync(join(run, 'dead-letter.jsonl'))
  },
}

for (const [name, lose] of Object.entries(lost)) {
  t.test(`an unfinished run without ${name} is not resumed, but as advised`, async (t) => {
    const { run, resume, expectUndisturbed } = await runOf(t, false)
    lose(run)
    await obeyRerun(t, resume(), (phases) => resume(run, phases))
    await expectUndisturbed()
  })
}

t.test('a part that cannot be read by a later phase is made again as advised', async (t) => {
  const { run, resume, expectUndisturbed } = await runOf(t, false)
  const part = join(run, 'results/a/part-00000.jsonl')
  writeFileSync(part, readFileSync(part, 'utf8').replace('"n":1', '"n":2'))
  await obeyRerun(t, resume(), (phases) => resume(run, phases))
  await expectUndisturbed()
})

t.test('a run whose workflow file is lost is repaired as advised, and resumed', async (t) => {
  const { run, resume, expectUndisturbed } = await runOf(t, false)
  writeFileSync(join(run, 'workflow.json'), '{')
  await t.rejects(resume(), { code: 'ERR_SPILLWAY_JOURNAL', message: /Make the file anew: `spillway repair / })
  t.match(await repairRun(run), { mended: [{ file: 'workflow.json', remedy: 'repair' }], problems: [], remedies: [] })
  await resume()
  await expectUndisturbed()
})

const brokenJournals: Readonly<Record<string, (journal: string) => void>> = {
  'no segment': (journal) => {
    rmSync(join(journal, '00000001.jsonl'))
  },
  'an empty segment': (journal) => {
    truncateSync(join(journal, '00000001.jsonl'))
  },
  'a torn header': (journal) => {
    truncateSync(join(journal, '00000001.jsonl'), 20)
  },
  'a changed line': (journal) => {
    const path = join(journal, '00000001.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"rows":7', '"rows":6'))
  },
  'a path out of the directory': (journal) => {
    symlinkSync('/', join(journal, 'link'))
  },
}

for (const [name, damage] of Object.entries(brokenJournals)) {
  t.test(`a journal with ${name} is refused by all, and the message has the way out`, async (t) => {
    const { run, resume, execute, outputDir, expectUndisturbed } = await runOf(t, true)
    damage(join(run, 'journal'))
    const way = name.startsWith('a path')
      ? /Put the file or directory itself there/
      : /remove (.*\/run) and run the workflow again\./
    const refusal = { code: 'ERR_SPILLWAY_JOURNAL', message: way, place: { path: String } }
    await t.rejects(verifyRun(run), refusal)
    await t.rejects(repairRun(run), refusal)
    await t.rejects(resume(), refusal)
    if (name.startsWith('a path')) rmSync(join(run, 'journal/link'))
    else {
      rmSync(run, { recursive: true })
      await execute(outputDir)
    }
    await expectUndisturbed()
  })
}

t.test('a journal that was cut short before the workflow is a problem, with the way out', async (t) => {
  const { run, resume, outputDir, execute, expectUndisturbed } = await runOf(t, true)
  const path = join(run, 'journal/00000001.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').split(/(?<=\n)/)[0] ?? '')
  const way = /remove .*\/run and run the workflow again\./
  t.match(await verifyRun(run), { problems: [{ file: null, remedy: 'restart' }], remedies: [way] })
  t.match(await repairRun(run), { problems: [{ remedy: 'restart' }], remedies: [way] })
  await t.rejects(resume(), { code: 'ERR_SPILLWAY_JOURNAL', message: way })
  rmSync(run, { recursive: true })
  await execute(outputDir)
  await expectUndisturbed()
})

t.test('a copied, a renamed and a linked run are verified as the original', async (t) => {
  const { run, outputDir, expectUndisturbed } = await runOf(t, true)
  const [copy, moved, link] = ['copy', 'moved', 'link'].map((name) => join(outputDir, name)) as [string, string, string]
  cpSync(run, copy, { recursive: true })
  await expectUndisturbed(copy)
  symlinkSync(run, link)
  await expectUndisturbed(link)
  await expectUndisturbed(`${link}/`)
  renameSync(run, moved)
  await expectUndisturbed(moved)
  rmSync(join(copy, 'outputs'), { recursive: true })
  t.match((await verifyRun(copy)).problems, [{ phase: 's', remedy: 'rerun' }], 'the outputs are those of the copy')
})

t.test('a linked run is resumed where it is, and its outputs with it', async (t) => {
  for (const end of ['', '/']) {
    const { run, outputDir, resume, expectUndisturbed } = await runOf(t, false)
    const link = join(outputDir, '../link')
    symlinkSync(run, link)
    await resume(link + end, ['s'])
    await expectUndisturbed()
    t.strictSame(readdirSync(join(outputDir, '..')).sort(), ['link', 'runs', 'undisturbed'])
  }
})

t.test('a run in a directory of another name is moved as advised, and resumed', async (t) => {
  const { run, outputDir, resume, expectUndisturbed } = await runOf(t, false)
  const copy = join(outputDir, 'copy')
  cpSync(run, copy, { recursive: true })
  await t.rejects(resume(copy), {
    code: 'ERR_SPILLWAY_JOURNAL',
    message: `Rename it to ${run}. Where that exists, move it to run in another directory.`,
  })
  const elsewhere = join(outputDir, '../elsewhere')
  cpSync(copy, join(elsewhere, 'run'), { recursive: true })
  await resume(join(elsewhere, 'run'))
  await expectUndisturbed(join(elsewhere, 'run'))
  rmSync(run, { recursive: true })
  renameSync(copy, run)
  await resume()
  await expectUndisturbed()
  t.equal((await readRunState(run)).ended?.status, 'completed')
})
