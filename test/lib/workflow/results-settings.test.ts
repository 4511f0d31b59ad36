/**
 * The `schema`, `csv` and `metadata` of a workflow, through a run that fails and its resume.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Coordinator,
  parquetInfo,
  readParquet,
  verifyRun,
  type ResultRecord,
  type ResultsSettings,
  type Topology,
} from '../../../lib/index.ts'
import { loadWorkflow } from '../../../lib/workflow/file.ts'

const texts = ['=1+1', "'=1+1", "''x", '-1.5', '+a', '@', '\tx', '\rx', 'a\nb', '', 'x;y', '"', "'", '＝x', 'plain']

const phases = [
  { name: 'made', topology: 'make' },
  { name: 'read', topology: 'read', depends_on: ['made'] },
]

/** Runs a phase that fails once, resumes it, and returns the directory, and the records that the next phase has read. */
async function runAndResume(t: Test, results: ResultsSettings): Promise<{ directory: string; read: ResultRecord[] }> {
  const outputDir = t.testdir()
  const read: ResultRecord[] = []
  let fails = true
  const coordinator = new Coordinator({
    outputDir,
    topologies: {
      make: {
        containers: () => [{ id: 'a' }, { id: '=b' }],
        *run({ id }: { id: string }) {
          for (const [n, text] of texts.entries()) yield { '=n': n, text }
          if (id === '=b' && fails) throw new Error('once')
        },
      },
      read: {
        containers: () => [{ id: 'all' }],
        async *run(_: unknown, { inputs }: { inputs: Record<string, { rows(): AsyncIterable<ResultRecord> }> }) {
          for await (const record of inputs['made']?.rows() ?? []) read.push(record)
          yield { n: read.length }
        },
      },
    },
  })
  await t.rejects(coordinator.executeWorkflow({ id: 'run', results, phases }), { code: 'ERR_SPILLWAY_CONTAINER' })
  fails = false
  const { directory } = await coordinator.resumeWorkflow(join(outputDir, 'run'))
  t.strictSame((await verifyRun(directory)).problems, [])
  return { directory, read }
}

const expected = ['a', '=b'].flatMap((container) =>
  texts.map((text, n) => ({ '=n': n, text, phase: 'made', container })),
)

const dialects: Record<string, ResultsSettings['csv'] & object> = {
  'for Excel': { bom: true, delimiter: ';', record_delimiter: '\r\n', formulas: 'escape' },
  'with escaped formulas': { formulas: 'escape' },
  'without a header': { header: false, formulas: 'escape' },
  'without a header, and formulas kept': { header: false },
  'with another quote': { quote: "'", delimiter: '|' },
}

for (const [name, csv] of Object.entries(dialects)) {
  t.test(`CSV results ${name} are read back as they were written`, async (t) => {
    const { directory, read } = await runAndResume(t, { format: 'csv', csv })
    t.strictSame(read, expected)
    const text = readFileSync(join(directory, 'results/made/part-00000.csv'), 'utf8')
    t.equal(text.startsWith('\ufeff'), csv.bom === true)
    t.equal(text.includes("'=1+1") && text.includes("''=1+1"), csv.formulas === 'escape' || csv.quote === "'")
  })
}

t.test('a schema and metadata are those of all Parquet files', async (t) => {
  const schema = {
    phase: 'utf8',
    container: 'utf8',
    '=n': { type: 'int32', nullable: false },
    n: 'int32',
    text: 'utf8',
  } as const
  const results = { format: 'parquet', schema: { ...schema, '=n': 'int32' }, metadata: { owner: 'me' } } as const
  const { directory, read } = await runAndResume(t, results)
  t.strictSame(
    read.map(({ text }) => text),
    expected.map(({ text }) => text),
  )
  const file = join(directory, 'results/made/part-00000.parquet')
  t.match((await parquetInfo(file)).columns.slice(0, 3), [
    { name: 'phase' },
    { name: 'container' },
    { name: '=n', type: 'INT32' },
  ])
  t.ok(readFileSync(file).includes('owner'))
  t.equal((await readParquet(file).toArray()).length, 30)
})

t.test('types are inferred by choice, and rows are as they were', async (t) => {
  const outputDir = t.testdir()
  const records = [{ day: '2026-01-31', at: '2026-01-31T12:00:00.123456Z', n: 1 }]
  const make: Topology = { containers: () => [{ id: 'a' }], run: () => records }
  const coordinator = new Coordinator({ outputDir, topologies: { make } })
  const results = { format: 'parquet', timestamps: 'infer', integers: 'infer' } as const
  const made = { name: 'made', topology: 'make' } as const
  const { phases } = await coordinator.executeWorkflow({ id: 'run', results, phases: [made] })
  const reference = phases['made']?.output
  // Rows have text for dates. The file has the types that were chosen.
  t.match(reference?.schema, { day: 'utf8', at: 'utf8', n: 'int64' })
  const { columns } = await parquetInfo(join(outputDir, 'run/results/made/part-00000.parquet'))
  const types = Object.fromEntries(columns.map(({ name, columnType }) => [name, columnType]))
  t.match(types, { day: 'date', at: 'timestamp_micros', n: 'int64' })
  t.match(await reference?.rows().toArray(), records)
})

t.test('a workflow file sets them in snake case', async (t) => {
  const directory = t.testdir()
  const load = (results: string) => {
    writeFileSync(join(directory, 'w.yaml'), `results: ${results}\nphases: [{ name: a, topology: b }]\n`)
    return loadWorkflow(join(directory, 'w.yaml'))
  }
  const csv = { bom: true, record_delimiter: '\r\n' }
  t.match(await load(`{ format: csv, csv: ${JSON.stringify(csv)} }`), { results: { csv } })
  await t.rejects(load('{ csv: { recordDelimiter: "\\n" } }'), {
    message: /some of the keys delimiter, quote, record_delimiter, header, bom, formulas/,
  })
  await t.rejects(load('{ csv: { record_delimiter: "|" } }'), {
    message: /`record_delimiter` of `csv`.* read back; got "\|"/,
  })
  await t.rejects(load('{ csv: { quote: "“" } }'), { message: /`quote` of `csv` to be an ASCII character/ })
  await t.rejects(load(`{ csv: { quote: "'", delimiter: '"' } }`), { message: /`delimiter` of `csv` to be without/ })
  await t.rejects(load('{ csv: { formulas: run } }'), { message: /`formulas` to be/ })
  await t.rejects(load('{ schema: { a: text } }'), {
    message: /results.schema: expected an object of dotted column names/,
  })
  await t.rejects(load('{ metadata: { a: 1 } }'), { message: /results.metadata: expected an object of strings/ })
})
