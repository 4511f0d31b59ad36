import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { Journal } from '../../../lib/journal/journal.ts'
import { JOURNAL_FORMAT, type JournalEntry } from '../../../lib/journal/entries.ts'
import { readJournal, readRunState } from '../../../lib/journal/reader.ts'
import { RunState } from '../../../lib/journal/run-state.ts'
import { NO_COUNTS } from '../../../lib/streaming/stats.ts'
import { CheckedLines } from '../../../sinks/files/checked-lines.ts'
import { openFileTarget, type OpenTarget } from '../../../sinks/files/file-target.ts'

const started = (phase: string): JournalEntry => ({ type: 'phase-started', phase, at: '2026-01-01T00:00:00.000Z' })

function openJournal(directory: string): Promise<Journal> {
  return Journal.open({ directory, openTarget: openFileTarget, state: new RunState('run-1') })
}

async function entriesIn(directory: string): Promise<JournalEntry[]> {
  return Readable.from(readJournal(directory)).toArray() as Promise<JournalEntry[]>
}

async function damagedEnd(directory: string): Promise<unknown> {
  const entries = readJournal(directory)
  let next = await entries.next()
  while (next.done !== true) next = await entries.next()
  return next.value
}

t.test('committed entries are read in order, after a header', async (t) => {
  const dir = t.testdir()
  const journal = await openJournal(dir)
  journal.append(started('a'))
  journal.append(started('b'))
  await journal.commit()
  t.match(await entriesIn(dir), [
    { type: 'header', format: JOURNAL_FORMAT, workflowId: 'run-1' },
    { type: 'phase-started', phase: 'a' },
    { type: 'phase-started', phase: 'b' },
  ])
  await journal.close()
})

t.test('opening a new journal twice in one directory fails', async (t) => {
  const dir = t.testdir()
  const journal = await openJournal(dir)
  await t.rejects(openJournal(dir), { code: 'ERR_SPILLWAY_EXISTS' })
  await journal.close()
})

t.test('an incomplete last line is ignored, truncated at any byte', async (t) => {
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

t.test('a damaged line in the middle is an error with its line number', async (t) => {
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

t.test('a changed, removed, repeated or moved line is an error, in every segment', async (t) => {
  const dir = t.testdir()
  const segments = [1, 2].map((number) => join(dir, `journal/0000000${number}.jsonl`))
  for (const _segment of segments) {
    const state = _segment === segments[0] ? new RunState('run-1') : await readRunState(dir)
    const journal = await Journal.open({ directory: dir, openTarget: openFileTarget, state })
    for (const phase of ['a', 'b', 'c', 'd']) journal.append(started(phase))
    await journal.close()
  }
  const damages: Record<string, (lines: string[]) => string[]> = {
    'a changed digit': (lines) => lines.map((line, at) => (at === 1 ? line.replace('2026', '2025') : line)),
    'a removed line': (lines) => lines.toSpliced(2, 1),
    'a repeated line': (lines) => lines.toSpliced(2, 0, lines[2] ?? ''),
    'a repeated header': (lines) => lines.toSpliced(0, 0, lines[0] ?? ''),
    'moved lines': (lines) => lines.toSpliced(1, 2, lines[2] ?? '', lines[1] ?? ''),
  }
  for (const [damage, change] of Object.entries(damages)) {
    for (const path of segments) {
      const whole = readFileSync(path, 'utf8')
      const lines = whole.split(/(?<=\n)/)
      writeFileSync(path, change(lines).join(''))
      await t.rejects(entriesIn(dir), { code: 'ERR_SPILLWAY_JOURNAL', message: /Line \d/, place: { path } }, damage)
      writeFileSync(path, whole)
    }
  }
  const [first = '', second = ''] = segments
  const whole = readFileSync(first, 'utf8')
  writeFileSync(first, whole.slice(0, whole.lastIndexOf('\n', whole.length - 2) + 1))
  await t.rejects(entriesIn(dir), { message: /lines before it.* are missing/, place: { path: second, line: 1 } })
  rmSync(first)
  await t.rejects(entriesIn(dir), { message: /00000001\.jsonl is missing\. Restore/, place: { path: first } })
})

t.test(
  'a complete last line that is damaged is ignored and returned; the next segment follows the line before',
  async (t) => {
    const dir = t.testdir()
    const journal = await openJournal(dir)
    journal.append(started('a'))
    journal.append(started('b'))
    await journal.close()
    const path = join(dir, 'journal/00000001.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"phase":"b"', '"phase":"c"'))
    t.strictSame(await damagedEnd(dir), { path, line: 3 })
    const state = await readRunState(dir)
    t.ok(state.phase('a').started)
    t.notOk(state.phase('c').started)
    await (await Journal.open({ directory: dir, openTarget: openFileTarget, state })).close()
    t.equal(await damagedEnd(dir), null)
    t.strictSame(
      (await entriesIn(dir)).map(({ type }) => type),
      ['header', 'phase-started', 'header', 'phase-started'],
    )
  },
)

t.test('a journal whose header cannot be written leaves no file open', async (t) => {
  let open = 0
  const openTarget: OpenTarget = async (path, mode) => {
    const target = await openFileTarget(path, mode)
    open += 1
    return {
      initialBytes: 0,
      write: () => Promise.reject(new Error('full')),
      sync: () => target.sync(),
      truncate: (bytes) => target.truncate(bytes),
      close: async () => {
        await target.close()
        open -= 1
      },
    }
  }
  const opening = Journal.open({ directory: t.testdir(), openTarget, state: new RunState('run-1') })
  await t.rejects(opening, { code: 'ERR_SPILLWAY_IO', message: /00000001\.jsonl: full/ })
  t.equal(open, 0)
})

t.test('rejects a directory without a journal, and a journal of another version', async (t) => {
  const dir = t.testdir({
    empty: { journal: { '00000001.jsonl': '' } },
    foreign: { journal: { '00000001.jsonl': new CheckedLines().make('{"type":"phase-started"}') } },
    later: { journal: { '00000001.jsonl': '{"type":"header","format":99,"spillway":"9.0.0"}\n' } },
    none: {},
    unwritten: { journal: {} },
  })
  const refused = (name: string, message: RegExp) =>
    t.rejects(entriesIn(join(dir, name)), { code: 'ERR_SPILLWAY_JOURNAL', message })
  await refused('empty', /its header is missing/)
  await refused('foreign', /it is not a header/)
  await refused('later', /written by spillway 9\.0\.0/)
  await refused('none', /is not a run directory/)
  await refused('nowhere', /is not a run directory/)
  await refused('unwritten', /00000001\.jsonl is missing\. Restore the journal from a copy\. Without one, remove /)
})

t.test('a full segment is followed by one that repeats the state', async (t) => {
  const dir = t.testdir()
  const journal = await openJournal(dir)
  const counts = { ...NO_COUNTS, written: 5 }
  const commit = (n: number): JournalEntry => ({
    type: 'commit',
    phase: 'a',
    file: 'results/a/part-00000.jsonl',
    offsetBytes: n,
    rows: n,
    crc32: null,
    containers: { count: 0, bytes: 0, crc32: 0 },
    schema: null,
    openRows: null,
    counts,
    aggregates: null,
    done: [[0, n]],
    watermarks: Array.from({ length: 4000 }, (_, index) => ({ index, id: `container ${index}`, records: n, crc32: 7 })),
  })
  journal.append(started('a'))
  for (let n = 0; n < 100; n++) {
    journal.append(commit(n))
    await journal.commit()
  }
  await journal.close()
  const segments = readdirSync(join(dir, 'journal'))
  t.ok(segments.length >= 3, `${segments.length} segments`)
  const state = await readRunState(dir)
  t.match(state.phase('a'), { started: { phase: 'a' }, commit: { rows: 99 } })
  t.match(state, { workflowId: 'run-1', segment: segments.length })

  const last = join(dir, 'journal', segments.at(-1) as string)
  const whole = readFileSync(last)
  const cuts = [0, 1, 50, whole.indexOf(10), whole.indexOf(10) + 1, whole.indexOf(10) + 20]
  for (const cut of cuts) {
    writeFileSync(last, whole.subarray(0, cut))
    const before = await readRunState(dir)
    t.match(before.phase('a').commit?.rows, Number, `cut at byte ${cut}`)
    t.equal(before.segment, segments.length, 'the next segment has a number of its own')
    t.ok((await entriesIn(dir)).length > 50, 'the lines before can be read')
  }
})
