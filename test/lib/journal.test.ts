import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { Journal } from '../../lib/journal.ts'
import type { JournalEntry } from '../../lib/journal-entries.ts'
import { readJournal } from '../../lib/read-journal.ts'
import { RunState } from '../../lib/run-state.ts'
import { openFileTarget } from '../../sinks/file-target.ts'

const started = (phase: string): JournalEntry => ({ type: 'phase-started', phase, at: '2026-01-01T00:00:00.000Z' })

function openJournal(directory: string): Promise<Journal> {
  return Journal.open({ directory, openTarget: openFileTarget, state: new RunState('run-1') })
}

async function entriesIn(directory: string): Promise<JournalEntry[]> {
  return Readable.from(readJournal(directory)).toArray() as Promise<JournalEntry[]>
}

t.test('what was committed is read back in order, behind a header', async (t) => {
  const dir = t.testdir()
  const journal = await openJournal(dir)
  journal.append(started('a'))
  journal.append(started('b'))
  await journal.commit()
  t.match(await entriesIn(dir), [
    { type: 'header', format: 1, workflowId: 'run-1' },
    { type: 'phase-started', phase: 'a' },
    { type: 'phase-started', phase: 'b' },
  ])
  await journal.close()
})

t.test('a journal is not begun twice', async (t) => {
  const dir = t.testdir()
  const journal = await openJournal(dir)
  await t.rejects(openJournal(dir), { code: 'ERR_SPILLWAY_EXISTS' })
  await journal.close()
})

t.test('a last line that was cut short is no line, at whatever byte', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'journal/00000001.jsonl')
  const journal = await openJournal(dir)
  journal.append(started('a'))
  await journal.close()
  const whole = readFileSync(file)
  const last = whole.lastIndexOf(10, whole.length - 2) + 1
  for (let cut = last; cut < whole.length - 1; cut++) {
    writeFileSync(file, whole)
    truncateSync(file, cut)
    t.strictSame((await entriesIn(dir)).length, 1, `cut at byte ${cut}`)
  }
})

t.test('a damaged line in the middle is told with its place', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'journal/00000001.jsonl')
  const journal = await openJournal(dir)
  await journal.close()
  appendFileSync(file, '{"type":\n{"type":"phase-started","phase":"a"}\n')
  await t.rejects(entriesIn(dir), {
    code: 'ERR_SPILLWAY_JOURNAL',
    message: /^Line 2 of .*00000001\.jsonl/,
    place: { line: 2 },
  })
})

t.test('refuses what is no journal of its version', async (t) => {
  const dir = t.testdir({
    empty: { journal: { '00000001.jsonl': '' } },
    foreign: { journal: { '00000001.jsonl': '{"type":"phase-started"}\n' } },
    later: { journal: { '00000001.jsonl': '{"type":"header","format":2,"spillway":"9.0.0"}\n' } },
    none: {},
  })
  const refused = (name: string, message: RegExp) =>
    t.rejects(entriesIn(join(dir, name)), { code: 'ERR_SPILLWAY_JOURNAL', message })
  await refused('empty', /its header is missing/)
  await refused('foreign', /it is no header/)
  await refused('later', /written by spillway 9\.0\.0/)
  await refused('none', /is not the directory of a run/)
  await refused('nowhere', /is not the directory of a run/)
})
