import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { inferCsvTypes } from '../../../transforms/parsing/infer-csv-types.ts'
import { parseCsv } from '../../../transforms/parsing/parse-csv.ts'

const text = 'flag;count;ratio;late;empty;__proto__\ntrue;1;1;1;;x\nbad row\nfalse;2;2.5;2;;y\n;;;z;;\n'

t.test('reads a whole file or stream', async (t) => {
  const path = join(t.testdir({ 'a.csv': text }), 'a.csv')
  for (const source of [path, Readable.from([text])]) {
    t.strictSame(Object.entries(await inferCsvTypes(source, { delimiter: ';' })), [
      ['flag', 'boolean'],
      ['count', 'integer'],
      ['ratio', 'number'],
      ['late', 'text'],
      ['empty', 'text'],
      ['__proto__', 'text'],
    ])
  }
})

t.test('returns types that parseCsv accepts', async (t) => {
  const types = await inferCsvTypes(Readable.from([text]), { delimiter: ';' })
  const stream = parseCsv({ delimiter: ';', types, onReject: () => {} })
  stream.end(text)
  const records = (await stream.toArray()) as { late: unknown; ratio: unknown }[]
  t.strictSame(
    records.map(({ late, ratio }) => [late, ratio]),
    [
      ['1', 1],
      ['2', 2.5],
      ['z', null],
    ],
  )
})

t.test('fails on a file that cannot be opened, and on a header that cannot be read', async (t) => {
  await t.rejects(inferCsvTypes(join(t.testdir(), 'none.csv')), { code: 'ENOENT' })
  await t.rejects(inferCsvTypes(Readable.from(['a,a\n'])), { code: 'ERR_SPILLWAY_INPUT' })
})

t.test('returns the columns of a file without rows', async (t) => {
  t.strictSame(await inferCsvTypes(Readable.from(['id,name\n'])), { id: 'text', name: 'text' })
})
