import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import t from 'tap'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { closed } from '../helpers/leaks.ts'
import { numbersOf, rowsOfParts, variant } from '../helpers/sink-formats.ts'
import { streamBattery } from '../helpers/stream-battery.ts'

/** What fits the chunk being encoded and the one being written, 256 KB each, and the buffers before them. */
const MAX_RECORDS = 4000
const PADDING = 1000

async function read(directory: string): Promise<number[]> {
  if (!readdirSync(directory).includes('results')) return []
  return numbersOf((await rowsOfParts(join(directory, 'results', 'default'), variant('jsonl'))).flat())
}

t.test('ResultStreamer', async (t) => {
  streamBattery(t, {
    kind: 'writable',
    make: ({ directory, ...options }) =>
      new ResultStreamer({ workflowId: 'battery', outputDir: directory, bufferSize: 10, ...options }),
    read,
    maxRecords: MAX_RECORDS,
    padding: PADDING,
  })
})

const streamers = new WeakMap<Writable, ResultStreamer>()

t.test('the Writable of one phase', async (t) => {
  streamBattery(t, {
    kind: 'writable',
    make: ({ directory, ...options }) => {
      const streamer = new ResultStreamer({ workflowId: 'battery', outputDir: directory, bufferSize: 10, ...options })
      // It fails with its phase, which the battery makes fail.
      streamer.on('error', () => {})
      const inlet = streamer.forPhase('default')
      streamers.set(inlet, streamer)
      return inlet
    },
    release: async (inlet) => {
      await closed(streamers.get(inlet)!.destroy())
    },
    read,
    maxRecords: MAX_RECORDS,
    padding: PADDING,
    takesSignal: false,
  })
})
