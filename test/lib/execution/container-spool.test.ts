import { existsSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { ContainerSpool } from '../../../lib/execution/container-spool.ts'
import type { ResultRecord } from '../../../lib/core/record.ts'
import { JsonText } from '../../../sinks/values/json-text.ts'
import { atRest, openResources } from '../../helpers/leaks.ts'

async function drained(spool: ContainerSpool): Promise<ResultRecord[]> {
  const records: ResultRecord[] = []
  for await (const batch of spool.drain()) records.push(...batch)
  return records
}

/** The text a record is written as; why it is refused, for one that is. */
function textOf(record: ResultRecord): string {
  const json = new JsonText('text')
  return json.ofRecord(record) ?? JSON.stringify(json.refusal)
}

const large = 'x'.repeat(300_000)
const record = fc.oneof(
  fc.record({ n: fc.integer(), large: fc.constant(large), at: fc.date({ noInvalidDate: true }) }),
  fc.record({ bytes: fc.uint8Array(), big: fc.bigInt(), none: fc.constantFrom(undefined, null, NaN, -0) }),
  fc.constant({ money: { toJSON: () => ({ amount: 5 }) }, deep: [{ money: { toJSON: () => 'EUR' } }] }),
  fc.constant({ refused: () => 1 }),
  fc.constant({ map: new Map() }),
  fc.constant(JSON.parse('{"__proto__": {"a": 1}}') as object),
)

t.test('what is spooled comes back in order, and is written as it would have been', async (t) => {
  const directory = t.testdir()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(record, { maxLength: 4 }), { maxLength: 6 }), async (batches) => {
      const spool = new ContainerSpool(directory)
      for (const batch of batches) await spool.add(batch as ResultRecord[])
      t.strictSame((await drained(spool)).map(textOf), (batches.flat() as ResultRecord[]).map(textOf))
      await spool.discard()
    }),
    { numRuns: 40 },
  )
  t.strictSame(readdirSync(directory), [])
})

t.test('a few records need no file', async (t) => {
  const directory = t.testdir()
  const spool = new ContainerSpool(directory)
  t.equal(spool.add([{ n: 1 }, { n: 2 }]), undefined)
  t.strictSame(readdirSync(directory), [])
  t.strictSame(await drained(spool), [{ n: 1 }, { n: 2 }])
})

t.test('what is discarded early leaves nothing behind', async (t) => {
  const before = openResources()
  const directory = t.testdir()
  const spool = new ContainerSpool(directory)
  for (let n = 0; n < 10; n++) await spool.add([{ n, large }])
  t.equal(readdirSync(directory).length, 1)
  await spool.discard()
  t.notOk(existsSync(directory) && readdirSync(directory).length > 0)
  await atRest(() => openResources().files)
  t.strictSame(openResources(), before)
})

t.test('more records that cannot be written than memory should hold fail the container', async (t) => {
  const spool = new ContainerSpool(t.testdir())
  const refused = Array.from({ length: 10_001 }, () => ({ large: 'x'.repeat(200), refused: () => 1 }))
  await t.rejects(spool.add(refused) ?? Promise.resolve(), { code: 'ERR_SPILLWAY_VALUE', message: /a function cannot/ })
  await spool.discard()
})
