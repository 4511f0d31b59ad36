import { createReadStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { Interruption } from '../../../../lib/cli/terminal/interrupts.ts'
import { ParquetSink } from '../../../../sinks/parquet-sink.ts'
import { parquetInfo, readParquet } from '../../../../sinks/readers/read-parquet.ts'
import { parseCsv } from '../../../../transforms/parsing/parse-csv.ts'
import { jsonl, openPipe, parseLines, spillway } from '../fake-command-io.ts'

let files = 0
const dir = t.testdir({})

/** The path of a new file. */
function place(name: string, content?: string | Buffer): string {
  const folder = join(dir, String(++files))
  mkdirSync(folder)
  if (content !== undefined) writeFileSync(join(folder, name), content)
  return join(folder, name)
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

t.test('converts a file, and prints one line', async (t) => {
  const out = place('out.csv')
  const run = await spillway(['convert', place('in.jsonl', jsonl([{ id: 1, ok: true }, { id: 2 }])), '--out', out])
  t.equal(run.code, 0)
  t.match(run.stderr, /^2 records written to .*out\.csv \(28 B read, 16 B written, [\d.]+m?s\)\n$/)
  t.equal(run.stdout.length, 0)
  t.equal(read(out), 'id,ok\n1,true\n2,\n')
  t.notOk(existsSync(`${out}.dead-letter.jsonl`))
})

t.test('prints nothing with --quiet', async (t) => {
  const run = await spillway(['convert', place('in.jsonl', '{"id":1}'), '--out', place('out.csv'), '--quiet'])
  t.equal(run.stderr, '')
  t.equal(run.code, 0)
})

t.test('a field that first occurs late in a file has its column from the first row on', async (t) => {
  const records: object[] = Array.from({ length: 3000 }, (_, id) => ({ id, empty: null }))
  records.push({ id: 3000, late: { x: 'first' } }, { id: 'text' })
  const input = place('in.jsonl', jsonl(records))
  const csv = place('out.csv')
  t.equal((await spillway(['convert', input, '--out', csv])).code, 0)
  const lines = read(csv).split('\n')
  t.equal(lines[0], 'id,empty,late.x')
  t.strictSame(lines.slice(3000), ['2999,,', '3000,,first', 'text,,', ''])
  const parquet = place('out.parquet')
  t.equal((await spillway(['convert', input, '--out', parquet])).code, 0)
  t.strictSame(
    (await parquetInfo(parquet)).columns.map(({ name, type }) => `${name} ${type}`),
    ['id UTF8', 'empty UTF8', 'late.x UTF8'],
  )
})

t.test('infers the columns of a pipe from its first records, with a hint when later ones do not fit', async (t) => {
  const records: object[] = Array.from({ length: 1000 }, (_, id) => ({ id }))
  records.push({ id: 1000, late: 1 }, { id: 1001 })
  const out = place('out.csv')
  const run = await spillway(['convert', '--from', 'jsonl', '--out', out], { stdin: jsonl(records) })
  t.equal(run.code, 1)
  t.match(run.stderr, /1 record was rejected \(field late: .*\); see .*dead-letter.jsonl\. The first records of a pipe/)
  t.match(read(out), /\n999\n1001\n$/)
  t.match(parseLines(read(`${out}.dead-letter.jsonl`)), [{ stage: 'encode', field: 'late', record: { id: 1000 } }])
})

t.test('infers the types of CSV from all its rows', async (t) => {
  const rows = Array.from({ length: 3000 }, (_, id) => `${id},${id},true,0.5`)
  const input = place(
    'in.csv',
    ['id,code,flag,x', ...rows, '3000,007,true,2', '12345678901234567,8,false,3'].join('\n'),
  )
  const out = place('out.jsonl')
  t.equal((await spillway(['convert', input, '--out', out])).code, 0)
  const lines = read(out).split('\n')
  t.equal(lines[0], '{"id":0,"code":"0","flag":true,"x":0.5}')
  t.equal(lines[3001], '{"id":12345678901234567,"code":"8","flag":false,"x":3}')
  const parquet = place('out.parquet')
  await spillway(['convert', input, '--out', parquet])
  t.strictSame(
    (await parquetInfo(parquet)).columns.map(({ type }) => type),
    ['INT64', 'UTF8', 'BOOLEAN', 'DOUBLE'],
  )
})

t.test('reads all cells as text with --all-text', async (t) => {
  const run = await spillway([
    'convert',
    place('in.csv', 'a,b\n1,\n2,x\n'),
    '--all-text',
    '--to',
    'jsonl',
    '--out',
    '-',
  ])
  t.equal(run.stdout.toString(), '{"a":"1","b":null}\n{"a":"2","b":"x"}\n')
})

t.test('uses tabs for .tsv names, and other delimiters with --delimiter', async (t) => {
  const tsv = place('out.tsv')
  await spillway(['convert', place('in.csv', 'a;b\n1,5;x\n'), '--delimiter', ';', '--out', tsv])
  t.equal(read(tsv), 'a\tb\n1,5\tx\n')
  const run = await spillway(['convert', tsv, '--to', 'jsonl', '--out', '-'])
  t.equal(run.stdout.toString(), '{"a":"1,5","b":"x"}\n')
})

t.test('reads gzip under any name, and writes it for .gz names', async (t) => {
  const out = place('out.csv.gz')
  t.equal((await spillway(['convert', place('in.jsonl.gz', gzipSync('{"id":1}\n{"id":2}\n')), '--out', out])).code, 0)
  t.equal(gunzipSync(readFileSync(out)).toString(), 'id\n1\n2\n')
  const run = await spillway(['convert', '--from', 'csv', '--to', 'jsonl', '--out', '-'], { stdin: readFileSync(out) })
  t.equal(run.stdout.toString(), '{"id":1}\n{"id":2}\n')
  const plain = place('plain.csv.gz')
  await spillway(['convert', out, '--compression', 'none', '--out', plain])
  t.equal(read(plain), 'id\n1\n2\n')
})

t.test('writes the readable records of truncated gzip', async (t) => {
  const whole = gzipSync(jsonl(Array.from({ length: 50_000 }, (_, id) => ({ id, random: Math.random() }))))
  const out = place('out.csv')
  const run = await spillway(['convert', place('in.jsonl.gz', whole.subarray(0, whole.length >> 1)), '--out', out])
  t.equal(run.code, 1)
  t.match(run.stderr, /gzip data cannot be read: it ends early.*records were written/)
  t.ok(read(out).split('\n').length > 10_000)
})

t.test('writes bad lines to the dead-letter file with number and reason, and converts the rest', async (t) => {
  const out = place('out.csv')
  const run = await spillway(['convert', place('in.jsonl', '{"id":1}\nnot json\n[2]\n{"id":3}\n'), '--out', out])
  t.equal(run.code, 1)
  t.equal(read(out), 'id\n1\n3\n')
  t.match(run.stderr, '2 records were rejected (the first: line 2: it is not JSON')
  t.match(run.stderr, `${out}.dead-letter.jsonl`)
  t.match(parseLines(read(`${out}.dead-letter.jsonl`)), [
    { stage: 'parse', line: 2, reason: /not JSON/, record: 'not json' },
    { stage: 'parse', line: 3, reason: /not a record but an array/ },
  ])
})

t.test('writes rejected records to the file of --dead-letter', async (t) => {
  const deadLetter = place('rejected.jsonl')
  const args = ['--out', place('out.csv'), '--dead-letter', deadLetter]
  await spillway(['convert', place('in.jsonl', '{"id":1}\n2\n'), ...args])
  t.equal(parseLines(read(deadLetter)).length, 1)
})

t.test('appends to the dead letters of an earlier run only if there is no output file', async (t) => {
  const input = place('in.jsonl', '{"id":1}\n2\n')
  for (const count of [1, 2]) {
    t.equal((await spillway(['convert', input, '--to', 'csv', '--out', '-'])).code, 1)
    t.equal(parseLines(read(`${input}.dead-letter.jsonl`)).length, count)
  }
  const out = place('out.csv')
  writeFileSync(`${out}.dead-letter.jsonl`, '{}\n')
  t.match((await spillway(['convert', input, '--out', out])).stderr, 'holds the rejected records of an earlier run')
  t.equal((await spillway(['convert', input, '--out', out, '--overwrite'])).code, 1)
  t.match(parseLines(read(`${out}.dead-letter.jsonl`)), [{ line: 2 }])
})

t.test('limits the length of a line', async (t) => {
  const long = `{"id":2,"text":"${'x'.repeat(64 * 1024 * 1024)}"}`
  const input = place('in.jsonl', `{"id":1}\n${long}\n{"id":3}\n`)
  const out = place('out.jsonl')
  const run = await spillway(['convert', input, '--out', out])
  t.equal(run.code, 1)
  t.match(run.stderr, 'line 2: it is longer than --max-line-bytes (16777216)')
  t.equal(read(out), '{"id":1}\n{"id":3}\n')
  t.equal((await spillway(['convert', input, '--out', out, '--overwrite', '--max-line-bytes', '100000000'])).code, 0)
  t.equal(statSync(out).size, statSync(input).size)
})

t.test('writes the complete records of a JSON document that ends early, nested or not', async (t) => {
  const input = place('in.json', '[{"a.b":1},{"a.b":2},{"a.')
  for (const [format, nested, expected] of [
    ['jsonl', '--nest', '{"a":{"b":1}}\n{"a":{"b":2}}\n'],
    ['csv', '--nest', 'a.b\n1\n2\n'],
    ['csv', '--quiet', 'a.b\n1\n2\n'],
  ] as const) {
    const out = place(`out.${format}`)
    const run = await spillway(['convert', input, nested, '--out', out])
    t.equal(run.code, 1)
    t.match(run.stderr, /ends early.* 2 records were written to/)
    t.equal(read(out), expected)
  }
})

t.test('rejects a JSON file that is not an array, and leaves no output', async (t) => {
  const out = place('out.jsonl')
  const run = await spillway(['convert', place('in.json', '\n {"id":1}\n{"id":2}\n'), '--out', out])
  t.equal(run.code, 1)
  t.match(run.stderr, 'it is not an array. If each line is an object of its own, use --from jsonl.')
  t.notOk(existsSync(out))
})

t.test('rejects a truncated Parquet file, and leaves no output', async (t) => {
  const whole = place('whole.parquet')
  await spillway(['convert', place('in.jsonl', jsonl([{ id: 1 }])), '--out', whole])
  const cut = place('cut.parquet', readFileSync(whole).subarray(0, -20))
  const out = place('out.csv')
  const run = await spillway(['convert', cut, '--out', out])
  t.equal(run.code, 1)
  t.match(run.stderr, 'cut short')
  t.notOk(existsSync(out))
})

t.test('turns dotted columns into objects with --nest', async (t) => {
  const input = place('in.csv', 'id,m.x,m.y,k\\.z\n1,0.5,,a\n')
  const nested = await spillway(['convert', input, '--nest', '--to', 'jsonl', '--out', '-'])
  t.equal(nested.stdout.toString(), '{"id":1,"m":{"x":0.5,"y":null},"k.z":"a"}\n')
  const flat = await spillway(['convert', input, '--to', 'jsonl', '--out', '-'])
  t.equal(flat.stdout.toString(), '{"id":1,"m.x":0.5,"m.y":null,"k\\\\.z":"a"}\n')
})

t.test('rejects a record that cannot be nested, naming the column', async (t) => {
  const out = place('out.jsonl')
  const run = await spillway(['convert', place('in.csv', 'a,a.b\n1,\n1,2\n,2\n'), '--nest', '--out', out])
  t.equal(run.code, 1)
  t.equal(read(out), '{"a":1}\n{"a":{"b":2}}\n')
  t.match(parseLines(read(`${out}.dead-letter.jsonl`)), [{ stage: 'parse', field: 'a', record: { a: 1, 'a.b': 2 } }])
})

t.test('keeps column names between formats with columns', async (t) => {
  const header = 'id,m.x,k\\.z,price,__proto__.y'
  const input = place('in.csv', `${header}\n1,2,3,4,5\n`)
  const parquet = place('out.parquet')
  t.equal((await spillway(['convert', input, '--out', parquet])).code, 0)
  t.strictSame(
    (await parquetInfo(parquet)).columns.map(({ name }) => name),
    header.split(','),
  )
  for (const setting of [
    ['convert', parquet],
    ['convert', input],
  ]) {
    const run = await spillway([...setting, '--to', 'csv', '--out', '-'])
    t.equal(run.stdout.toString(), `${header}\n1,2,3,4,5\n`)
  }
  const piped = await spillway(['convert', '--from', 'csv', '--to', 'csv', '--out', '-'], { stdin: read(input) })
  t.equal(piped.stdout.toString(), `${header}\n1,2,3,4,5\n`)
})

t.test('keeps keys from each format to each other one and back', async (t) => {
  const record = { 'm.x': 1, 'k\\.z': 2, 'b\\': 3, 'a..b': 4, ü: 5, 'a,"b"\nc': 6, ['__proto__']: 7 }
  const first = place('in.jsonl', `${JSON.stringify(record)}\n`)
  const formats = ['jsonl', 'csv', 'parquet']
  const convert = async (input: string, format: string) => {
    const out = place(`out.${format}`)
    t.equal((await spillway(['convert', input, '--out', out, '--quiet'])).code, 0)
    return out
  }
  for (const one of formats) {
    const input = await convert(first, one)
    for (const other of formats) {
      const back = await convert(await convert(input, other), 'jsonl')
      t.equal(read(back), read(first), `${one} to ${other} and back`)
    }
  }
})

t.test('nests both shapes of a name as they were', async (t) => {
  const input = place('in.jsonl', '{"m":{"x":1},"m.x":2,"n.y":"a"}\n{"m":{"x":3},"m.x":4,"n.y":"b"}\n')
  for (const format of ['csv', 'parquet']) {
    const out = place(`out.${format}`)
    await spillway(['convert', input, '--out', out])
    const run = await spillway(['convert', out, '--to', 'jsonl', '--nest', '--out', '-'])
    // A name that only one column has carries no backslash, so a reader of the file nests it.
    t.equal(run.stdout.toString(), read(input).replaceAll(/"n\.y":(".")/g, '"n":{"y":$1}'), format)
  }
})

t.test('a pipeline makes the columns of a CSV file that convert makes', async (t) => {
  const input = place('in.csv', 'n,x,big,b,late,t\n1,0.5,9007199254740993,true,,007\n2,2,1,false,3,x\n')
  const typesIn = async (path: string) => (await parquetInfo(path)).columns.map(({ name, type }) => `${name} ${type}`)
  const converted = place('out.parquet')
  await spillway(['convert', input, '--out', converted])
  const written = place('out.parquet')
  const sink = new ParquetSink({ path: written, integers: 'infer' })
  await pipeline(createReadStream(input), parseCsv(), sink)
  t.strictSame(await typesIn(converted), ['n INT64', 'x DOUBLE', 'big INT64', 'b BOOLEAN', 'late INT64', 't UTF8'])
  t.strictSame(await typesIn(written), await typesIn(converted))
})

t.test('rejects no record when one column name is the prefix of another', async (t) => {
  const run = await spillway(['convert', place('in.csv', 'price,price.adj\n1,2\n'), '--to', 'csv', '--out', '-'])
  t.equal(run.code, 0)
  t.equal(run.stdout.toString(), 'price,price.adj\n1,2\n')
})

t.test('overwrites a file only with --overwrite', async (t) => {
  const input = place('in.jsonl', '{"id":1}')
  const out = place('out.csv', 'precious')
  const run = await spillway(['convert', input, '--out', out])
  t.equal(run.code, 2)
  t.match(run.stderr, 'already exists. Choose another name, or pass --overwrite.')
  t.equal(read(out), 'precious')
  t.equal((await spillway(['convert', input, '--out', out, '--overwrite'])).code, 0)
  t.equal(read(out), 'id\n1\n')
})

t.test('never overwrites its input', async (t) => {
  const input = place('in.jsonl', '{"id":1}')
  for (const args of [
    ['--out', input],
    ['--out', place('out.csv'), '--dead-letter', input],
  ]) {
    const run = await spillway(['convert', input, '--overwrite', ...args])
    t.equal(run.code, 2)
    t.match(run.stderr, 'is the input itself')
  }
  t.equal(read(input), '{"id":1}')
})

t.test('names the path that cannot be used', async (t) => {
  const input = place('in.jsonl', '{"id":1}')
  t.match((await spillway(['convert', input, '--out', join(input, 'out.csv')])).stderr, 'a part of its path is a file')
  t.match((await spillway(['convert', dir, '--from', 'csv', '--out', place('o.csv')])).stderr, 'is a directory')
  const out = place('o.csv')
  t.match((await spillway(['convert', input, '--out', out, '--dead-letter', out])).stderr, 'cannot be both')
})

t.test('fails when keys that are data make too many columns', async (t) => {
  const records = Array.from({ length: 11 }, (_, row) =>
    Object.fromEntries(Array.from({ length: 1000 }, (_, key) => [`id${row}-${key}`, 1])),
  )
  const input = place('in.jsonl', jsonl(records))
  const out = place('out.csv')
  const run = await spillway(['convert', input, '--out', out])
  t.equal(run.code, 1)
  t.match(run.stderr, 'more than 10000 columns')
  t.notOk(existsSync(out))
  t.equal((await spillway(['convert', input, '--to', 'jsonl', '--out', out])).code, 0)
})

t.test('converts standard input to standard output', async (t) => {
  const run = await spillway(['convert', '-', '--from', 'json', '--to', 'parquet', '--out', '-'], {
    stdin: '[{"id":1},{"id":2}]',
  })
  t.equal(run.code, 0)
  t.match(run.stderr, '2 records written to standard output')
  const records = await readParquet(place('in.parquet', run.stdout)).toArray()
  t.strictSame(records, [{ id: 1 }, { id: 2 }])
})

t.test('keeps the columns of CSV without rows', async (t) => {
  for (const options of [
    ['--to', 'csv'],
    ['--to', 'csv', '--all-text'],
  ]) {
    const run = await spillway(['convert', place('in.csv', 'id,m.x\n'), ...options, '--out', '-'])
    t.equal(run.stdout.toString(), 'id,m.x\n')
  }
})

t.test('writes valid empty files', async (t) => {
  for (const name of ['out.jsonl', 'out.csv']) {
    const out = place(name)
    t.equal((await spillway(['convert', place('in.jsonl', ''), '--out', out])).code, 0)
    const back = await spillway(['convert', out, '--to', 'jsonl', '--out', '-'])
    t.match(back, { code: 0, stdout: Buffer.alloc(0) })
  }
})

t.test('stops when the reader closes the output', async (t) => {
  const stdout = new Writable({
    write(_chunk, _encoding, callback) {
      callback(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    },
  })
  const stdin = openPipe('{"id":1}', '{"id":2}')
  stdin.write(jsonl(Array.from({ length: 1100 }, (_, id) => ({ id }))))
  const run = await spillway(['convert', '--from', 'jsonl', '--to', 'csv', '--out', '-'], { stdin, stdout })
  t.equal(run.code, 1)
  t.equal(run.stderr, '', 'it has read enough')
  t.ok(stdin.destroyed, 'an endless input is closed')
})

t.test('completes the file with the accepted records when interrupted', async (t) => {
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const controller = new AbortController()
    const stdin = new PassThrough()
    const out = place('out.parquet')
    const running = spillway(['convert', '--from', 'jsonl', '--out', out], { stdin, signal: controller.signal })
    stdin.write('{"id":1}\n{"id":2}\n{"id"')
    while (!existsSync(out)) await new Promise(setImmediate)
    controller.abort(new Interruption(name))
    const run = await running
    t.equal(run.code, code)
    t.equal(run.stderr, `spillway: stopped by ${name}. 2 records were written to ${out}.\n`)
    t.strictSame(await readParquet(out).toArray(), [{ id: 1 }, { id: 2 }])
    t.ok(stdin.destroyed)
  }
})

t.test('writes nothing when interrupted in the first pass', async (t) => {
  const controller = new AbortController()
  controller.abort(new Interruption('SIGINT'))
  const out = place('out.csv')
  const run = await spillway(['convert', place('in.jsonl', '{"id":1}'), '--out', out], { signal: controller.signal })
  t.equal(run.code, 130)
  t.equal(run.stderr, 'spillway: stopped by SIGINT. No record was written.\n')
  t.notOk(existsSync(out))
})
