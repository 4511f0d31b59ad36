import { gzipSync } from 'node:zlib'
import t from 'tap'
import { gunzip } from '../../../lib/reading/gunzip.ts'

const lines = Buffer.from(Array.from({ length: 50_000 }, (_, id) => `${id} ${(id * 7919) % 104_729}\n`).join(''))
const member = gzipSync(lines)
const small = gzipSync('data\n')

/** Decompresses in chunks of `size` bytes. */
async function run(bytes: Buffer, size: number) {
  const chunks = async function* () {
    for (let from = 0; from < bytes.length; from += size) yield Buffer.from(bytes.subarray(from, from + size))
  }
  const out: Buffer[] = []
  const warnings: string[] = []
  let error: unknown
  try {
    for await (const chunk of gunzip(chunks(), (message) => void warnings.push(message))) out.push(chunk)
  } catch (thrown) {
    error = thrown
  }
  return { text: Buffer.concat(out).toString(), warnings, error }
}

t.test('decompresses all members', async (t) => {
  for (const size of [1000, 262_144]) {
    const { text, warnings, error } = await run(Buffer.concat([member, small, member]), size)
    t.ok(text === `${lines.toString()}data\n${lines.toString()}`)
    t.strictSame([warnings, error], [[], undefined])
  }
})

t.test('decompresses any division into chunks, with all fields of a header', async (t) => {
  const header = Buffer.from([
    0x1f,
    0x8b,
    8,
    2 + 4 + 8 + 16,
    0,
    0,
    0,
    0,
    0,
    3,
    2,
    0,
    7,
    7,
    0x61,
    0,
    0x62,
    0x62,
    0,
    9,
    9,
  ])
  const bytes = Buffer.concat([small, header, small.subarray(10), gzipSync('')])
  for (const size of [1, 2, 3, 7, 1000]) t.match(await run(bytes, size), { text: 'data\ndata\n', error: undefined })
})

t.test('returns what is before other bytes, with a warning unless they are zeros', async (t) => {
  for (const size of [7, 1000, 262_144]) {
    const followed = await run(Buffer.concat([member, Buffer.from('{"id":1}\n')]), size)
    t.ok(followed.text === lines.toString())
    t.match(followed, { warnings: [/Other bytes follow the gzip data/], error: undefined })
    const padded = await run(Buffer.concat([small, Buffer.alloc(100)]), size)
    t.strictSame(padded, { text: 'data\n', warnings: [], error: undefined })
  }
})

t.test('fails on damaged data, after what can be read', async (t) => {
  const flipped = Buffer.from(member)
  flipped[flipped.length - 6] = (flipped.at(-6) as number) ^ 1
  const inputs: [Buffer, string, RegExp][] = [
    [member.subarray(0, -3), lines.toString(), /ends early/],
    [small.subarray(0, 9), '', /ends early/],
    [flipped, lines.toString(), /checksum does not match/],
    [Buffer.concat([small, Buffer.from([0x1f, 0x8b, 1, 0, 0, 0, 0, 0, 0, 0])]), 'data\n', /compression is unknown/],
    [Buffer.concat([small, small.subarray(0, 10), Buffer.alloc(20, 0xff)]), 'data\n', /invalid/],
  ]
  for (const [bytes, text, message] of inputs) {
    for (const size of [7, 1000, 262_144]) {
      const found = await run(bytes, size)
      t.ok(found.text === text, String(message))
      t.match(found.error, { code: 'ERR_SPILLWAY_INPUT', message })
    }
  }
  t.match((await run(member.subarray(0, member.length >> 1), 1000)).error, { message: /ends early/ })
})

t.test('fails with the error of its source', async (t) => {
  const torn = async function* () {
    yield member.subarray(0, 1000)
    throw new Error('torn cable')
  }
  const reading = async () => {
    for await (const chunk of gunzip(torn(), () => {})) t.ok(chunk)
  }
  await t.rejects(reading(), { message: 'torn cable' })
})
