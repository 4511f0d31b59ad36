import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { SpillwayError } from '../../../lib/core/errors.ts'
import { isFileName, NewFiles } from '../../../lib/outputs/new-files.ts'
import {
  decodeManifest,
  encodeManifest,
  fileNamesOf,
  makeManifest,
  type OutputManifest,
} from '../../../lib/outputs/output-manifest.ts'
import type { OutputFiles } from '../../../lib/outputs/stored-output.ts'

const file = (suffix: string) => ({ name: `0123456789abcdef-${suffix}`, bytes: 5, crc32: 7 })

const files: OutputFiles = {
  rest: file('rest.frames'),
  tables: [
    { field: '__proto__', rowCount: 0, schema: null, files: [] },
    {
      field: '\ud800',
      rowCount: 3,
      schema: Object.fromEntries([
        ['2', 'double'],
        ['__proto__', 'utf8'],
        ['1', 'int64'],
      ]),
      files: [
        { ...file('table-1.parquet'), format: 'parquet', rows: 2 },
        { ...file('table-1.frames'), format: 'frames', rows: 1 },
      ],
    },
  ],
}

const manifest = makeManifest({ id: 'f'.repeat(16), workflowId: 'w', phase: 'p "q" \u2028' }, files)

t.test('a decoded manifest equals the encoded one', (t) => {
  t.strictSame(decodeManifest(encodeManifest(manifest), 'x'), manifest)
  const bare = makeManifest({ id: '0', workflowId: 'w', phase: 'p' }, { rest: null, tables: [] })
  t.strictSame(decodeManifest(encodeManifest(bare), 'x'), bare)
  t.end()
})

t.test('fileNamesOf lists all files of the output', (t) => {
  const names = ['rest.frames', 'table-1.parquet', 'table-1.frames'].map((suffix) => file(suffix).name)
  t.strictSame(fileNamesOf(manifest), names)
  t.end()
})

/** The result of decoding a text: the manifest, or the code of the error. */
function outcomeOf(text: string): unknown {
  try {
    return decodeManifest(text, 'x')
  } catch (error) {
    return (error as SpillwayError).code
  }
}

t.test('any changed character is detected, unless the manifest stays the same', (t) => {
  const text = encodeManifest(manifest)
  const wrong: string[] = []
  for (let at = 0; at < text.length; at++) {
    for (const other of ['0', '9', ' ', 'x', '"', '}']) {
      const outcome = outcomeOf(text.slice(0, at) + other + text.slice(at + 1))
      const isExpected = outcome === 'ERR_SPILLWAY_OUTPUT' || isDeepStrictEqual(outcome, manifest)
      if (!isExpected) wrong.push(`${other} at ${at}`)
    }
  }
  t.strictSame(wrong, [])
  t.end()
})

t.test('a truncated manifest is detected', (t) => {
  const text = encodeManifest(manifest).trimEnd()
  const outcomes = new Set(Array.from(text, (_, length) => outcomeOf(text.slice(0, length))))
  t.strictSame([...outcomes], ['ERR_SPILLWAY_OUTPUT'])
  t.end()
})

t.test('a manifest with a valid checksum and invalid content is rejected', (t) => {
  const forged = (output: unknown) => encodeManifest(output as OutputManifest)
  const cases: [unknown, RegExp][] = [
    [{ ...manifest, version: 2 }, /its format has version 2, not 1/],
    [null, /version undefined/],
    [[], /version undefined/],
    [5, /version undefined/],
    [{ version: 1 }, /names a file that is not an output file/],
    [{ ...manifest, tables: [null] }, /names a file/],
    [{ ...manifest, tables: 'all' }, /names a file/],
    [{ ...manifest, rest: { name: '../secret.frames' } }, /names a file/],
  ]
  for (const [output, message] of cases) {
    t.throws(() => decodeManifest(forged(output), 'x'), { code: 'ERR_SPILLWAY_OUTPUT', message })
  }
  t.end()
})

t.test('isFileName accepts only names of output files, and no paths', (t) => {
  for (const suffix of ['rest.frames', 'table-0.parquet', 'table-12.frames']) {
    t.ok(isFileName(new NewFiles('x').make(suffix).name))
  }
  const names: unknown[] = [
    '',
    '.',
    '..',
    'output.json',
    'rest.frames',
    '../0123456789abcdef-rest.frames',
    5,
    null,
    undefined,
  ]
  names.push('0123456789abcdef-a/b.frames', '0123456789abcdef-rest.frames\n', '0123456789ABCDEF-rest.frames', {})
  names.push('0123456789abcdef-..frames', '0123456789abcdef-rest.exe', '\0 0123456789abcdef-rest.frames')
  for (const name of names) t.notOk(isFileName(name), String(name))
  t.end()
})
