/**
 * Checks the files of a run against its journal, and knows what mends them.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFileTarget } from '../../sinks/files/file-target.ts'
import { messageOf, quantityText, SpillwayError } from '../core/errors.ts'
import { Journal } from '../journal/journal.ts'
import { readJournal } from '../journal/reader.ts'
import type { RunState } from '../journal/run-state.ts'
import { fileName, WORKFLOW_FILE, writeWorkflow } from '../run/directory.ts'
import { aggregatesText } from '../streaming/aggregated-results.ts'
import { ResultsDirectory } from '../streaming/results-directory.ts'
import { checkPhase, type VerifiedPhase } from './check-phase.ts'
import { problemText, remediesFor, type Finding, type Report } from './problems.ts'
import { cutRejections, readRejections } from './rejections.ts'
import { aggregatesOfRun } from './run-aggregates.ts'

/** What a check has found. */
export interface CheckedRun {
  /** The phases, in the order of the workflow. */
  readonly phases: readonly VerifiedPhase[]
  /** Empty when the files match the journal. */
  readonly findings: readonly Finding[]
}

/** The run to check, and where its problems are reported. */
interface RunCheck {
  readonly directory: string
  readonly state: RunState
  readonly report: Report
}

/**
 * Checks all files of a run. The caller holds its lock.
 *
 * @param readsRows - whether the rows of parts are read and counted; without it their sizes and checksums are checked
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for a journal that is damaged, `ERR_SPILLWAY_IO`
 */
export async function checkRun(directory: string, state: RunState, readsRows: boolean): Promise<CheckedRun> {
  const findings: Finding[] = []
  const report: Report = (phase, file, message, mend) => {
    const remedy = mend !== undefined ? 'repair' : phase === null ? 'restart' : 'rerun'
    findings.push({ problem: { phase, file, message, remedy }, ...(mend !== undefined && { mend }) })
  }
  const check = { directory, state, report }
  await checkJournal(check)
  if (state.workflow === undefined) {
    report(null, null, 'the run was stopped before it started, or its journal was cut short')
    return { phases: [], findings }
  }
  await checkWorkflow(check)
  const phases: VerifiedPhase[] = []
  for (const { name: phase } of state.workflow.workflow.phases) {
    phases.push(await checkPhase({ ...check, phase, readsRows }))
  }
  await checkRejections(check)
  // What is made from a damaged log would be wrong.
  if (findings.every(({ problem }) => problem.phase === null)) await checkAggregates(check)
  return { phases, findings }
}

/**
 * Refuses a completed run whose files are damaged. The workflow file is not checked: a resume compares its content.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` with the first problem and with all commands that mend them
 */
export async function expectIntact(directory: string, state: RunState): Promise<void> {
  const { findings } = await checkRun(directory, state, false)
  const problems = findings.map(({ problem }) => problem).filter(({ file }) => file !== WORKFLOW_FILE)
  const [first] = problems
  if (first === undefined) return
  const { phase, file } = first
  const others = problems.length === 1 ? '' : ` \`spillway verify\` lists all ${problems.length} problems.`
  throw new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `The run in ${directory} is complete, but damaged: ${problemText(first)}.${others} This mends it: ${remediesFor(directory, problems).join('; then ')}`,
    { place: { path: file === null ? directory : join(directory, file), ...(phase !== null && { phase }) } },
  )
}

/** Reads the whole journal. */
async function checkJournal({ directory, state, report }: RunCheck): Promise<void> {
  const entries = readJournal(directory)
  let next = await entries.next()
  while (next.done !== true) next = await entries.next()
  if (next.value === null) return
  const { path, line } = next.value
  report(null, fileName(directory, path), `its last line, ${line}, does not match its checksum`, async () => {
    // A new segment refers to the line before.
    await (await Journal.open({ directory, openTarget: openFileTarget, state })).close()
  })
}

async function checkWorkflow({ directory, state, report }: RunCheck): Promise<void> {
  const { workflow } = state
  if (workflow === undefined) return
  const mend = async () => {
    await writeWorkflow(directory, workflow.workflow)
  }
  try {
    const hash = createHash('sha256')
      .update(await readFile(join(directory, WORKFLOW_FILE)))
      .digest('hex')
    if (hash !== workflow.hash) report(null, WORKFLOW_FILE, 'was changed after the run started', mend)
  } catch (cause) {
    report(null, WORKFLOW_FILE, `cannot be read: ${messageOf(cause)}`, mend)
  }
}

/**
 * The committed rejections of a phase are its first ones. In a run that is not complete, others may be between those of
 * several phases, and damaged ones may follow.
 */
async function checkRejections({ directory, state, report }: RunCheck): Promise<void> {
  const phases = (state.workflow?.workflow.phases ?? []).map(({ name }) => name)
  const committed = new Map(phases.map((phase) => [phase, state.phase(phase).commit?.counts.rejected ?? 0]))
  const left = new Map(committed)
  let foreign = 0
  let damaged = 0
  let damagedAmong = 0
  for await (const { phase } of readRejections(directory)) {
    const missing = phase === null ? 0 : (left.get(phase) ?? 0)
    if (phase === null) damaged += 1
    if (phase === null || missing === 0) foreign += 1
    else {
      left.set(phase, missing - 1)
      damagedAmong = damaged
    }
  }
  const file = fileName(directory, new ResultsDirectory(directory).deadLetterPath)
  let isComplete = true
  for (const [phase, missing] of left) {
    if (missing === 0) continue
    isComplete = false
    const expected = committed.get(phase) ?? 0
    report(
      phase,
      file,
      `has ${quantityText(expected - missing, 'intact line')} for ${quantityText(expected, 'rejected record')}`,
    )
  }
  const wrong = state.ended?.status === 'completed' ? foreign : damagedAmong
  if (isComplete && wrong > 0) {
    report(null, file, `has ${quantityText(wrong, 'line')} damaged or not in the journal`, () =>
      cutRejections(directory, committed),
    )
  }
}

async function checkAggregates({ directory, state, report }: RunCheck): Promise<void> {
  if (state.ended === undefined) return
  const aggregates = await aggregatesOfRun(directory, state)
  if (aggregates === null) return
  const results = new ResultsDirectory(directory)
  const file = fileName(directory, results.aggregatesPath)
  const mend = () => results.writeAggregates(aggregates)
  try {
    const isSame = (await readFile(results.aggregatesPath, 'utf8')) === aggregatesText(aggregates)
    if (!isSame) report(null, file, 'is not what the journal has', mend)
  } catch (cause) {
    report(null, file, `cannot be read: ${messageOf(cause)}`, mend)
  }
}
