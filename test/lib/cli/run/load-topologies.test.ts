import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { loadTopologies } from '../../../../lib/cli/run/load-topologies.ts'

const topology = '{ *containers() { yield { id: "c" } }, *run() {} }'

const dir = t.testdir({
  'named.mjs': `export const search = ${topology}; export const helper = 5; export function help() {}`,
  'default.mjs': `export default { search: ${topology}, analysis: ${topology} }`,
  'common.cjs': `exports.search = ${topology}`,
  'typed.ts': `enum Side { Long = 1 }; type Id = string; export const search = { *containers() { yield { id: 'c' as Id, config: Side.Long } }, *run() {} }`,
  'empty.mjs': '',
  'nothing.mjs': 'export const a = 1, b = () => 0',
  'half.mjs': 'export const search = { containers: () => [] }',
  'unnamed.mjs': `export default ${topology}`,
  'wrong.mjs': 'export default { search: 5 }',
  'throws.mjs': 'throw new Error("no data folder")',
  'syntax.mjs': 'export const a = 1\nexport const = 5',
  'missing.mjs': 'import "./nowhere.mjs"',
})

t.test('loads topologies from named exports or from the default export', async (t) => {
  t.strictSame(Object.keys(await loadTopologies(join(dir, 'named.mjs'))), ['search'])
  t.strictSame(Object.keys(await loadTopologies(join(dir, 'default.mjs'))), ['search', 'analysis'])
  t.ok('search' in (await loadTopologies(join(dir, 'common.cjs'))))
})

t.test('reports what is wrong with a module', async (t) => {
  const refused = (name: string, message: RegExp) =>
    t.rejects(loadTopologies(join(dir, name)), { code: 'ERR_SPILLWAY_TOPOLOGY', message })
  await refused('none.mjs', /none\.mjs cannot be loaded: there is no such file/)
  await refused('empty.mjs', /exports no topology: .*It exports nothing/)
  await refused('nothing.mjs', /exports no topology: .*a \(1 \(number\)\), b \(a function\)/)
  await refused('half.mjs', /`search of .*half\.mjs` must have a method `run/)
  await refused('unnamed.mjs', /is a topology without a name/)
  await refused('wrong.mjs', /`search of .*wrong\.mjs` must have a method `containers.*5 \(number\)/)
  await refused('throws.mjs', /cannot be loaded: no data folder/)
  await refused('syntax.mjs', /cannot be loaded: Unexpected token '='\. `node --check .*syntax\.mjs` shows the line/)
  await refused('missing.mjs', /cannot be loaded: .*nowhere\.mjs/)
})

t.test('loads TypeScript, also in a process without a loader for it', async (t) => {
  t.strictSame(Object.keys(await loadTopologies(join(dir, 'typed.ts'))), ['search'])
  const built = join(import.meta.dirname, '../../../../dist/lib/cli/run/load-topologies.js')
  const script = `
    const { loadTopologies } = await import(${JSON.stringify(built)})
    const { search } = await loadTopologies(${JSON.stringify(join(dir, 'typed.ts'))})
    console.log([...search.containers()][0].config)`
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env })
  t.equal(stdout, '1\n')
})
