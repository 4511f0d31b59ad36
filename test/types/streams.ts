/**
 * Types of streams and records. `npm run typecheck` compiles this file, and nothing runs it: a type that is not the expected
 * one, or an error that is expected and absent, fails the compilation.
 */
import type { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import {
  defineTopology,
  parseCsv,
  parseJsonArray,
  parseJsonl,
  readParquet,
  type Coordinator,
  type CsvSink,
  type JsonlSink,
  type PhaseReference,
  type ResultRecord,
  type ResultStreamer,
  type Workflow,
} from '../../lib/index.ts'
import { expectType } from './expect-type.ts'

interface Trade {
  readonly symbol: string
  readonly price: number
}

export async function interfacesAreRecords(streamer: ResultStreamer, sink: JsonlSink, trade: Trade): Promise<void> {
  await streamer.writeResult(trade)
  await streamer.writeResult(trade, { ack: 'durable' })
  sink.write(trade)
  await pipeline([trade], sink)
  await pipeline([trade], streamer)
  // @ts-expect-error -- a text is not a record
  await streamer.writeResult('trade')
  // @ts-expect-error -- a number is not a record
  await streamer.writeResult(1)
  // @ts-expect-error -- nothing is not a record
  await streamer.writeResult(null)
}

export const topologyOfInterfaces = defineTopology({
  *containers() {
    yield { id: 'a', config: { symbol: 'A' } }
  },
  *run({ config }): Generator<Trade> {
    yield { symbol: config.symbol, price: 1 }
  },
})

export async function readersGiveTypedRecords(): Promise<void> {
  for await (const trade of readParquet<Trade>('a.parquet')) expectType<Trade>()(trade)
  for await (const record of readParquet('a.parquet', { columns: ['a'] })) expectType<ResultRecord>()(record)
  for await (const batch of readParquet('a.parquet', { batches: true })) expectType<ResultRecord[]>()(batch)
  for await (const batch of readParquet<Trade, true>('a.parquet', { batches: true })) {
    expectType<Trade[]>()(batch)
  }
  // @ts-expect-error -- batches are not single records
  readParquet<Trade>('a.parquet', { batches: true })
  // @ts-expect-error -- a record is an object
  readParquet<string>('a.parquet')
  const trades = await readParquet<Trade>('a.parquet').toArray()
  expectType<Trade[]>()(trades)
}

export async function parsersGiveTypedRecords(input: Readable): Promise<void> {
  for await (const trade of input.pipe(parseCsv<Trade>())) expectType<Trade>()(trade)
  for await (const trade of input.pipe(parseJsonl<Trade>())) expectType<Trade>()(trade)
  for await (const trade of input.pipe(parseJsonArray<Trade>())) expectType<Trade>()(trade)
  for await (const record of input.pipe(parseCsv())) expectType<ResultRecord>()(record)
  for await (const batch of input.pipe(parseJsonl({ batches: true }))) expectType<ResultRecord[]>()(batch)
}

export async function runsGiveTypedRecords(rows: PhaseReference['rows'], coordinator: Coordinator): Promise<void> {
  for await (const trade of rows<Trade>()) expectType<Trade>()(trade)
  for await (const record of rows({ container: 'a' })) expectType<ResultRecord>()(record)
  for await (const batch of rows<Trade, true>({ batches: true })) expectType<Trade[]>()(batch)
  const workflow: Workflow = { phases: [{ name: 'a', topology: 'search' }] }
  for await (const trade of coordinator.stream<Trade>(workflow)) expectType<Trade>()(trade)
  for await (const record of coordinator.stream(workflow)) expectType<ResultRecord>()(record)
}

export async function typedStreamsAreStreamsOfNode(sink: CsvSink): Promise<void> {
  const trades = readParquet<Trade>('a.parquet')
  const readable: NodeJS.ReadableStream = trades
  const parser: NodeJS.ReadWriteStream = parseCsv<Trade>()
  await finished(readable)
  await pipeline(readable, parser, sink)
  await pipeline(
    trades,
    async function* (source) {
      for await (const trade of source) {
        expectType<Trade>()(trade)
        yield { ...trade, price: trade.price * 2 }
      }
    },
    sink,
  )
}
