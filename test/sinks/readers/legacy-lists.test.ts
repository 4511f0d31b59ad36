/** Lists as older writers make them (LogicalTypes.md of apache/parquet-format, "Backward-compatibility rules"). */
import { join } from 'node:path'
import { readFileSync, writeFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import parquetTypes from 'parquetjs-lite/gen-nodejs/parquet_types.js'
import parquetUtil from 'parquetjs-lite/lib/util.js'
import t from 'tap'
import type { FieldType } from '../../../sinks/columns/column-type.ts'
import { ParquetSink } from '../../../sinks/parquet-sink.ts'
import { serialize, type ThriftStruct } from '../../../sinks/parquet/thrift/thrift.ts'
import { parquetInfo, readParquet } from '../../../sinks/readers/read-parquet.ts'
import { openDuckDb } from '../parquet/readers.ts'

const directory = t.testdir()
const connection = await openDuckDb()
t.teardown(() => connection.closeSync())

interface Element {
  name: string
  repetition_type: number
  converted_type: number | null
  logicalType: unknown
}

interface Metadata extends ThriftStruct {
  schema: Element[]
  key_value_metadata: unknown[]
  created_by: string
  row_groups: { columns: { meta_data: { path_in_schema: string[] } }[] }[]
}

const { FileMetaData } = parquetTypes as { FileMetaData: new () => Metadata }
const { decodeThrift } = parquetUtil as { decodeThrift(this: void, struct: object, bytes: Buffer): number }

const OPTIONAL = 1
const REPEATED = 2

/** Writes records, and changes the schema in the footer: other forms of lists can have the same levels. */
async function writeOther(
  name: string,
  type: FieldType,
  records: object[],
  change: (schema: Element[], path: string[]) => void,
): Promise<string> {
  const path = join(directory, `${name}.parquet`)
  await pipeline(records, new ParquetSink({ path, schema: { c: type } }))
  const file = readFileSync(path)
  const length = file.readUInt32LE(file.length - 8)
  const metadata = new FileMetaData()
  decodeThrift(metadata, file.subarray(file.length - 8 - length, -8))
  numbersIn(metadata)
  metadata.key_value_metadata = []
  metadata.created_by = 'another writer'
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data } of columns) change([], meta_data.path_in_schema)
  }
  change(metadata.schema, [])
  const footer = serialize(metadata)
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(footer.length)
  tail.write('PAR1', 4)
  writeFileSync(path, Buffer.concat([file.subarray(0, -8 - length), footer, tail]))
  return path
}

/** The package decodes integers of 64 bits as objects. */
function numbersIn(struct: object): void {
  for (const [key, value] of Object.entries(struct) as [string, unknown][]) {
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) continue
    if ('buffer' in value && 'offset' in value) Object.assign(struct, { [key]: Number(value) })
    else numbersIn(value)
  }
}

const records = [{ c: [1, 2] }, { c: [] }, { c: null }, { c: [3] }]

async function valuesOf(path: string): Promise<unknown[]> {
  const found = await readParquet(path).toArray()
  return found.map(({ c }) => c)
}

async function byDuckDb(path: string): Promise<unknown> {
  const reader = await connection.runAndReadAll(`SELECT to_json(c)::VARCHAR AS c FROM '${path}'`)
  return reader.getRowObjects().map(({ c }) => (c === null ? null : (JSON.parse(String(c)) as unknown)))
}

t.test('a list whose repeated field is the item itself: empty lists are not null', async (t) => {
  const type = { list: { type: 'int32', nullable: false } } as const
  const path = await writeOther('two-levels', type, records, (schema, path) => {
    path.splice(1, 2, 'array')
    const [, , group, item] = schema
    if (group === undefined || item === undefined) return
    schema.splice(2, 2, Object.assign(item, { name: 'array', repetition_type: REPEATED }))
  })
  t.strictSame(await valuesOf(path), [[1, 2], [], null, [3]])
  t.strictSame(await byDuckDb(path), await valuesOf(path))
  t.strictSame((await parquetInfo(path)).columns[0]?.columnType, type)
})

t.test('a repeated field without a list is a list that is never null', async (t) => {
  const type = { list: { type: 'int32', nullable: false } } as const
  const column = { type, nullable: false } as const
  const path = await writeOther('repeated', column, records.slice(0, 2), (schema, path) => {
    path.splice(0, 3, 'c')
    const [, , , item] = schema
    if (item !== undefined) schema.splice(1, 3, Object.assign(item, { name: 'c', repetition_type: REPEATED }))
  })
  t.strictSame(await valuesOf(path), [[1, 2], []])
  t.strictSame(await byDuckDb(path), await valuesOf(path))
  t.match((await parquetInfo(path)).columns[0], { columnType: type, nullable: false })
})

for (const name of ['array', 'c_tuple']) {
  t.test(`a list of groups called ${name} is a list of structs`, async (t) => {
    const type = { list: { type: { struct: { a: { type: 'int32', nullable: true } } }, nullable: false } } as const
    const structs = [{ c: [{ a: 1 }, { a: null }] }, { c: [] }, { c: null }]
    const path = await writeOther(name, type, structs, (schema, path) => {
      path.splice(1, 2, name)
      const [, , group] = schema
      if (group === undefined) return
      schema.splice(3, 1)
      Object.assign(group, { name })
    })
    t.strictSame(await valuesOf(path), [[{ a: 1 }, { a: null }], [], null])
    t.strictSame((await parquetInfo(path)).columns[0]?.columnType, type)
  })
}

t.test('a group with one field of another name is the item of three levels', async (t) => {
  const path = await writeOther('three-levels', { list: 'int32' }, records, (schema, path) => {
    if (path.length > 0) path.splice(1, 2, 'bag', 'array_element')
    Object.assign(schema[2] ?? {}, { name: 'bag' })
    Object.assign(schema[3] ?? {}, { name: 'array_element', repetition_type: OPTIONAL })
  })
  t.strictSame(await valuesOf(path), [[1, 2], [], null, [3]])
  t.strictSame(await byDuckDb(path), await valuesOf(path))
})
