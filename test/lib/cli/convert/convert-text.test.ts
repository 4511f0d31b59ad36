import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import zlib, { gzipSync } from 'node:zlib'
import t from 'tap'
import { parquetInfo, readParquet } from '../../../../sinks/readers/read-parquet.ts'
import { parseLines, spillway } from '../fake-command-io.ts'

let files = 0
const dir = t.testdir({})

/** The path of a new file. */
function place(name: string, content?: string | Buffer): string {
  const folder = join(dir, String(++files))
  mkdirSync(folder)
  if (content !== undefined) writeFileSync(join(folder, name), content)
  return join(folder, name)
}

/** Converts a file, and a pipe, into JSON lines: both give the same. */
async function toJsonl(name: string, content: string | Buffer, ...options: string[]) {
  const file = await spillway(['convert', place(name, content), '--to', 'jsonl', '--out', '-', ...options])
  const from = name.replace(/.*\./, '')
  const deadLetter = ['--dead-letter', place('rejected.jsonl')]
  const pipe = await spillway(
    ['convert', '-', '--from', from, '--to', 'jsonl', '--out', '-', ...deadLetter, ...options],
    {
      stdin: content,
    },
  )
  return { code: [file.code, pipe.code], out: [file.stdout.toString(), pipe.stdout.toString()], said: file.stderr }
}

t.test('reads UTF-16 of each format by its byte order mark', async (t) => {
  const inputs = { 'in.csv': 'é,b\n1,日\n', 'in.jsonl': '{"é":1,"b":"日"}\n', 'in.json': '[{"é":1,"b":"日"}]' }
  for (const [name, text] of Object.entries(inputs)) {
    const littleEndian = Buffer.from(`\ufeff${text}`, 'utf16le')
    for (const bytes of [littleEndian, Buffer.from(littleEndian).swap16()]) {
      const { code, out } = await toJsonl(name, bytes)
      t.strictSame(code, [0, 0])
      t.strictSame(out, Array(2).fill('{"é":1,"b":"日"}\n'))
    }
    const latin = await toJsonl(name, Buffer.from(text.replace('日', 'ü'), 'latin1'), '--encoding', 'windows-1252')
    t.strictSame(latin.out, Array(2).fill('{"é":1,"b":"ü"}\n'))
  }
})

t.test('rejects bytes that are not UTF-8, with their line and the remedy', async (t) => {
  for (const [name, text] of Object.entries({ 'in.csv': 'a,b\n1,x\n2,\xe9\n', 'in.jsonl': '{}\n\n{"\xe9":1}\n' })) {
    const { code, said } = await toJsonl(name, Buffer.from(text, 'latin1'))
    t.strictSame(code, [1, 1])
    t.match(said, /line 3: it has bytes that are not UTF-8 \(if the text has another encoding, name it: --encoding\)/)
  }
  const json = await toJsonl('in.json', Buffer.from('[{"a":1},\n{"a":"\xe9"}]', 'latin1'))
  t.strictSame(json.out, Array(2).fill('{"a":1}\n'))
  t.match(json.said, /bytes that are not UTF-8 .*--encoding\) at element 2 on line 2/)
})

t.test('reads CSV in the dialects of other programs', async (t) => {
  const inputs: [string, string[], string][] = [
    ['a,b\r1,2\r', [], '{"a":1,"b":2}\n'],
    ['a;b\n1,5;2\n', [], '{"a":"1,5","b":2}\n'],
    ['sep=;\na;b\n1;2\n', [], '{"a":1,"b":2}\n'],
    ['\n\na,b\n1,2\n', [], '{"a":1,"b":2}\n'],
    ['a^b\n1^2\n', ['--delimiter', '^'], '{"a":1,"b":2}\n'],
    ['a\tb\n1\t2\n', ['--delimiter', '\\t'], '{"a":1,"b":2}\n'],
    ["a,b\n'x,y',2\n", ['--quote', "'"], '{"a":"x,y","b":2}\n'],
    ['a\tb\n"x\t2\n', ['--quote', ''], '{"a":"\\"x","b":2}\n'],
    ['a,b\n"x\\"y",2\n', ['--escape', '\\'], '{"a":"x\\"y","b":2}\n'],
    ['#x\na,b\n#y\n1,2\n', ['--comment', '#'], '{"a":1,"b":2}\n'],
    ['a , b\n 1, 2 \n', ['--trim'], '{"a":1,"b":2}\n'],
    ['a,b\n5" disk,2\n', ['--relax-quotes'], '{"a":"5\\" disk","b":2}\n'],
    ['x,2\n', ['--no-header'], '{"column_1":"x","column_2":2}\n'],
    ['Report\na,b\n1,2\n', ['--skip-lines', '1'], '{"a":1,"b":2}\n'],
    ['a,a\n1,2\n', ['--rename-duplicates'], '{"a":1,"a_2":2}\n'],
  ]
  for (const [text, options, expected] of inputs) {
    const { code, out } = await toJsonl('in.csv', text, ...options)
    t.strictSame(code, [0, 0], JSON.stringify(text))
    t.strictSame(out, [expected, expected], JSON.stringify(text))
  }
  t.strictSame((await toJsonl('in.tsv', 'a;b\tc\n1;2\t3\n')).out[0], '{"a;b":"1;2","c":3}\n')
})

t.test('hints at an option where a column may be several, also when quiet', async (t) => {
  const { code, said } = await toJsonl('in.csv', 'a:b\n1:2\n', '--quiet')
  t.strictSame(code, [0, 0])
  t.equal(
    said,
    'spillway: The header has one column, and ":" is in it and in the first row. If that separates cells, set --delimiter.\n',
  )
})

t.test('refuses options that the input does not have, and characters with two meanings', async (t) => {
  const input = place('in.jsonl', '{"id":1}')
  for (const option of ['--trim', '--no-header', '--relax-quotes', '--rename-duplicates', '--all-text']) {
    const run = await spillway(['convert', input, option, '--out', place('out.csv')])
    t.match(run, { code: 2, stderr: `${option} is for CSV input` })
  }
  const csv = place('in.csv', 'a\n')
  const out = place('out.jsonl')
  for (const [options, message] of [
    [['--quote', 'ab'], 'Expected `--quote` to be one ASCII character'],
    [['--quote', ';', '--delimiter', ';'], 'Expected --delimiter and --quote to be different'],
    [['--encoding', 'utf-7'], 'Expected `--encoding` to be an encoding that Node.js can decode'],
  ] as const) {
    t.match(await spillway(['convert', csv, ...options, '--out', out]), { code: 2, stderr: message })
  }
  t.match(await spillway(['convert', place('in.parquet', ''), '--encoding', 'utf-8', '--out', out]), {
    code: 2,
    stderr: '--encoding is for text',
  })
  t.notOk(existsSync(out))
})

t.test('keeps what is rejected as it is read', async (t) => {
  const out = place('out.jsonl')
  await spillway(['convert', place('in.csv', 'sep=;\na;b\n1\n2;3\n'), '--out', out])
  t.equal(readFileSync(out, 'utf8'), '{"a":2,"b":3}\n')
  t.match(parseLines(readFileSync(`${out}.dead-letter.jsonl`)), [{ line: 3, record: '1' }])
})

t.test('keeps the digits of CSV cells that no column of numbers holds, in every format', async (t) => {
  const text = 'id,wide,mixed,zero\n888E010010,18446744073709551615,123456789012345678901234567890,-0\n7,1,1.5,1\n'
  const input = place('in.csv', text)
  const csv = await spillway(['convert', input, '--to', 'csv', '--out', '-'])
  t.match(csv, { code: 0 })
  t.equal(csv.stdout.toString().split('\n')[1], '888E010010,18446744073709551615,123456789012345678901234567890,-0')
  const parquet = place('out.parquet')
  t.match(await spillway(['convert', input, '--out', parquet]), { code: 0 })
  t.strictSame(
    (await parquetInfo(parquet)).columns.map(({ type }) => type),
    ['UTF8', 'UTF8', 'UTF8', 'DOUBLE'],
  )
  t.strictSame(await readParquet(parquet).toArray(), [
    { id: '888E010010', wide: '18446744073709551615', mixed: '123456789012345678901234567890', zero: -0 },
    { id: '7', wide: '1', mixed: '1.5', zero: 1 },
  ])
})

t.test('reads an array within a JSON document with --path', async (t) => {
  const document = '{"data":{"items":[{"a":1},{"a":2}]},"more":true}'
  const { code, out } = await toJsonl('in.json', document, '--path', 'data.items')
  t.strictSame(code, [0, 0])
  t.strictSame(out, Array(2).fill('{"a":1}\n{"a":2}\n'))
  const csv = await spillway([
    'convert',
    place('in.json', document),
    '--path',
    'data.items',
    '--to',
    'csv',
    '--out',
    '-',
  ])
  t.equal(csv.stdout.toString(), 'a\n1\n2\n')
  t.match((await toJsonl('in.json', document)).said, 'set --path')
  t.match((await toJsonl('in.csv', 'a\n', '--path', 'a')).code, [2, 2])
})

t.test('rejects numbers of JSON that no double is near', async (t) => {
  for (const [name, text] of Object.entries({
    'in.jsonl': '{"a":1}\n{"a":1e400}\n',
    'in.json': '[{"a":1},{"a":1e400}]',
  })) {
    const { code, out, said } = await toJsonl(name, text)
    t.strictSame(code, [1, 1])
    t.strictSame(out, Array(2).fill('{"a":1}\n'))
    t.match(said, 'number 1e400 is beyond the range of numbers')
  }
})

t.test('refuses too many columns before it reads their values', async (t) => {
  const header = Array.from({ length: 200_000 }, (_, index) => `c${index}`).join(',')
  for (const to of ['csv', 'parquet']) {
    const out = place('out')
    const file = await spillway(['convert', place('in.csv', `${header}\n1`), '--to', to, '--out', out])
    t.match(file, { code: 1, stderr: 'more than 10000 columns' })
    t.notOk(existsSync(out))
  }
  const row = header.replace(/c\d+/g, '1')
  const pipe = ['convert', '-', '--from', 'csv', '--to', 'csv', '--out', place('out.csv')]
  t.match(await spillway(pipe, { stdin: `${header}\n${row}\n` }), { code: 1, stderr: 'more than 10000 columns' })
  t.match((await toJsonl('in.csv', `${header}\n${row}\n`)).out[0], /^\{"c0":1,.*"c199999":1\}\n$/)
})

t.test('keeps a column of thousands of dots, and rejects its records where it must be nested', async (t) => {
  const input = place('in.csv', `id,${'a.'.repeat(50_000)}b\n1,2\n`)
  const copy = place('copy.csv')
  t.equal((await spillway(['convert', input, '--out', copy])).code, 0)
  t.equal(readFileSync(copy, 'utf8'), readFileSync(input, 'utf8'))
  for (const options of [
    ['--to', 'csv', '--nest'],
    ['--to', 'parquet', '--nest'],
    ['--to', 'jsonl', '--nest'],
  ]) {
    const run = await spillway(['convert', input, ...options, '--out', place('out')])
    t.match(run, { code: 1, stderr: /1 record was rejected \(field a\.a\.a.*nested deeper than 200 levels/ })
    t.ok(run.stderr.length < 1000)
  }
})

t.test('repeats no more than the beginning of long names', async (t) => {
  const name = 'x'.repeat(100_000)
  const { said } = await toJsonl('in.csv', `${name},${name}\n1,2\n`)
  t.match(said, 'two columns are named "xxx')
  t.ok(said.length < 1000)
})

t.test('reads gzip up to other bytes, and warns', async (t) => {
  const records = Array.from({ length: 20_000 }, (_, id) => `{"id":${id}}\n`).join('')
  const { code, out, said } = await toJsonl('in.jsonl', Buffer.concat([gzipSync(records), Buffer.from('{"id":-1}\n')]))
  t.strictSame(code, [0, 0])
  t.ok(out[0] === records && out[1] === records)
  t.match(said, 'spillway: Other bytes follow the gzip data. They were not read: check that the file is whole.\n')
})

t.test('reads zstd where Node.js does, and names the remedy elsewhere', async (t) => {
  // zstd of one line, as a frame with a block that is not compressed.
  const line = Buffer.from('{"id":1}\n')
  const size = (line.length << 3) | 1
  const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, line.length, size, 0, 0]), line])
  const run = await spillway(['convert', place('in.jsonl.zst', frame), '--to', 'csv', '--out', '-'])
  if ('createZstdDecompress' in zlib) t.match(run, { code: 0, stdout: Buffer.from('id\n1\n') })
  else t.match(run, { code: 1, stderr: /compressed by zstd.*22\.15.*zstd -d/ })
  const out = ['--out', place('out.csv.zst')]
  t.match(await spillway(['convert', place('in.jsonl', line), '--to', 'csv', ...out]), {
    code: 2,
    stderr: 'not written with zstd',
  })
})

t.test('writes CSV for Excel', async (t) => {
  const input = place('formulas.jsonl', '{"=a":"=1+1","b":-1.5}\n{"=a":"-1.5","b":2}\n')
  const out = place('formulas.csv')
  const flags = ['--bom', '--out-delimiter', ';', '--escape-formulas']
  const { code } = await spillway(['convert', input, '--out', out, ...flags, '--quiet'])
  t.equal(code, 0)
  t.equal(readFileSync(out, 'utf8'), "\ufeff'=a;b\n'=1+1;-1.5\n-1.5;2\n")
  await spillway(['convert', input, '--out', out, '--out-delimiter', '\\t', '--overwrite', '--quiet'])
  t.equal(readFileSync(out, 'utf8'), '=a\tb\n=1+1\t-1.5\n-1.5\t2\n')
  for (const flag of [['--bom'], ['--out-delimiter', ';'], ['--escape-formulas']]) {
    const refused = await spillway(['convert', input, '--out', place('formulas.parquet'), ...flag])
    t.equal(refused.code, 2)
    t.match(refused.stderr, `${flag[0]} is for CSV output, and the output is parquet`)
  }
})

t.test('makes timestamps, dates and integers of Parquet where all values of a column are such', async (t) => {
  const flags = ['--timestamps', '--integers', '--quiet']
  const convert = async (name: string, content: string, ...options: string[]) => {
    const out = place('typed.parquet')
    const { code } = await spillway(['convert', place(name, content), '--out', out, ...options])
    t.equal(code, 0)
    return (await parquetInfo(out)).columns.map(({ name, type }) => `${name} ${type}`).join(', ')
  }
  const late = '\n2026-02-01,2026-02-01T00:00:00+01:00,2026-01-31T12:00:00.000001Z,2,0.5,9007199254740993'
  const csv = `day,zone,at,n,x,big\n2026-01-31,2026-01-31T12:00:00Z,2026-01-31T12:00:00Z,1,1,1${late}\n`
  const expected = 'day DATE, zone UTF8, at TIMESTAMP_MICROS, n INT64, x DOUBLE, big INT64'
  t.equal(await convert('types.csv', csv, ...flags), expected)
  const [names = '', ...rows] = csv.trim().split('\n')
  const keys = names.split(',')
  const jsonOf = (row: string) => {
    const pairs = row.split(',').map((cell, n) => `"${keys[n]}":${n < 3 ? JSON.stringify(cell) : cell}`)
    return `{${pairs.join(',')}}\n`
  }
  const jsonl = rows.map(jsonOf).join('')
  t.equal(await convert('types.jsonl', jsonl, ...flags), expected)
  const plain = 'day UTF8, zone UTF8, at UTF8, n DOUBLE, x DOUBLE, big INT64'
  t.equal(await convert('types.jsonl', jsonl, '--quiet'), plain)
  for (const flag of ['--timestamps', '--integers', '--lists']) {
    const refused = await spillway(['convert', place('a.jsonl', '{}'), '--out', place('a.csv'), flag])
    t.equal(refused.code, 2)
    t.match(refused.stderr, `${flag} is for Parquet output, and the output is csv`)
    const typed = await spillway(['convert', place('a.parquet'), '--out', place('b.parquet'), flag])
    t.match(typed.stderr, `${flag} is for text input`)
  }
})
