import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Interruption } from '../../../../lib/cli/terminal/interrupts.ts'
import { jsonl, openPipe, spillway } from '../fake-command-io.ts'

let folders = 0
const dir = t.testdir({})

/** A new directory that holds these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = join(dir, String(++folders))
  mkdirSync(path)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}

t.test('leaves the old output when the conversion fails', async (t) => {
  const path = folder({ 'in.json': '[{"id":1},{"id":2},{"i', 'out.csv': 'precious' })
  const out = join(path, 'out.csv')
  const run = await spillway(['convert', join(path, 'in.json'), '--out', out, '--overwrite'])
  t.equal(run.code, 1)
  t.match(run.stderr, /ends early.*out\.csv was not replaced\.\n$/)
  t.equal(readFileSync(out, 'utf8'), 'precious')
  t.strictSame(readdirSync(path).sort(), ['in.json', 'out.csv'])
})

t.test('leaves the old output when it is interrupted', async (t) => {
  const path = folder({ 'out.csv': 'precious' })
  const controller = new AbortController()
  const stdin = openPipe('{"id":1}')
  stdin.write(jsonl(Array.from({ length: 1100 }, (_, id) => ({ id }))))
  const args = ['convert', '--from', 'jsonl', '--out', join(path, 'out.csv'), '--overwrite']
  const running = spillway(args, { stdin, signal: controller.signal })
  stdin.write('{}\n', () => controller.abort(new Interruption('SIGTERM')))
  t.match(await running, { code: 143, stderr: /was not replaced|No record was written/ })
  t.equal(readFileSync(join(path, 'out.csv'), 'utf8'), 'precious')
  t.strictSame(readdirSync(path), ['out.csv'])
})

t.test('replaces the file behind a link, and keeps its permissions', async (t) => {
  const path = folder({ 'in.jsonl': '{"id":1}\n', 'real.csv': 'old' })
  chmodSync(join(path, 'real.csv'), 0o640)
  symlinkSync('real.csv', join(path, 'out.csv'))
  const run = await spillway(['convert', join(path, 'in.jsonl'), '--out', join(path, 'out.csv'), '--overwrite'])
  t.equal(run.code, 0)
  t.equal(readFileSync(join(path, 'real.csv'), 'utf8'), 'id\n1\n')
  t.equal(statSync(join(path, 'real.csv')).mode & 0o777, 0o640)
  t.strictSame(readdirSync(path).sort(), ['in.jsonl', 'out.csv', 'real.csv'])
})

t.test('writes to a named pipe', { skip: process.platform === 'win32' }, async (t) => {
  const path = folder({ 'in.jsonl': '{"id":1}\n' })
  const pipe = join(path, 'pipe')
  execFileSync('mkfifo', [pipe])
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  reader.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const run = await spillway(['convert', join(path, 'in.jsonl'), '--to', 'csv', '--out', pipe, '--overwrite'])
  t.match(run, { code: 0, stderr: /1 record written/ })
  await once(reader, 'close')
  t.equal(Buffer.concat(chunks).toString(), 'id\n1\n')
})
