import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetMetadata } from 'hyparquet'
import t from 'tap'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { readParquet } from '../../sinks/readers/read-parquet.ts'

/** The parts of the phase `search`, in their order. */
function partsOf(outputDir: string): string[] {
  const directory = join(outputDir, 'results', 'search')
  return readdirSync(directory)
    .sort()
    .map((name) => join(directory, name))
}

t.test('files say which workflow and phase they are of, and who wrote them', async (t) => {
  const outputDir = t.testdir()
  const streamer = new ResultStreamer({ workflowId: 'w1', outputDir, format: 'parquet', metadata: { author: 'me' } })
  await streamer.writeResult({ phase: 'search', n: 1 })
  await streamer.close()
  const [path = ''] = partsOf(outputDir)
  const metadata = parquetMetadata(Uint8Array.from(readFileSync(path)).buffer)
  t.match(Object.fromEntries(metadata.key_value_metadata?.map(({ key, value }) => [key, value]) ?? []), {
    'spillway.workflow': 'w1',
    'spillway.phase': 'search',
    author: 'me',
    'spillway.crc32': /^[0-9a-f]{24}$/,
  })
  t.match(metadata.created_by, /^spillway version \d+\.\d+\.\d+$/)
})

t.test('a part with too many dead footers makes way for the next one', async (t) => {
  const outputDir = t.testdir()
  const streamer = new ResultStreamer({ workflowId: 'w1', outputDir, format: 'parquet', compression: 'none' })
  for (let flush = 0; flush < 60; flush++) {
    for (let n = 0; n < 50; n++) await streamer.writeResult({ phase: 'search', flush, text: `${n} `.repeat(200) })
    await streamer.flush()
  }
  await streamer.close()
  const parts = partsOf(outputDir)
  t.ok(parts.length > 1, `${parts.length} parts`)
  const flushes: unknown[] = []
  for (const part of parts) for await (const record of readParquet(part)) flushes.push(record.flush)
  t.strictSame(
    flushes,
    Array.from({ length: 60 * 50 }, (_, index) => Math.floor(index / 50)),
  )
})
