import { once } from 'node:events'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Coordinator } from '../../lib/coordinator.ts'
import { allowListeners, destroyOnAbort } from '../../lib/core/interruptible.ts'
import { DataFlowManager } from '../../lib/data-flow-manager.ts'
import { DistributedResultCollector } from '../../lib/distributed-result-collector.ts'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import { AggregationTee } from '../../transforms/aggregation-tee.ts'
import { BufferingTransform } from '../../transforms/buffering-transform.ts'
import { parseJsonl } from '../../transforms/parsing/parse-jsonl.ts'

/** The names of the warnings that Node.js emits from now on. */
function warningsOf(t: Test): string[] {
  const names: string[] = []
  const listen = ({ name }: Error) => {
    names.push(name)
  }
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  return names
}

t.test('destroys a stream when its signal aborts, before or later', async (t) => {
  const controller = new AbortController()
  const early = new Writable()
  const late = new Writable()
  const errors = Promise.all([once(early, 'error'), once(late, 'error')]) as Promise<[Error][]>
  destroyOnAbort(early, controller.signal)
  controller.abort()
  destroyOnAbort(late, controller.signal)
  for (const [error] of await errors) t.equal(error.name, 'AbortError')
})

t.test('one signal stops many streams of every kind without a warning', async (t) => {
  const dir = t.testdir()
  const warnings = warningsOf(t)
  const manager = new DataFlowManager({ directory: join(dir, 'data') })
  const reference = await manager.storePhaseOutput('run', 'rows', [{ n: 1 }])
  const makers: ((signal: AbortSignal, n: number) => unknown)[] = [
    (signal, n) => new JsonlSink({ path: join(dir, `${n}.jsonl`), signal }),
    (signal, n) => new ResultStreamer({ workflowId: 'run', outputDir: join(dir, String(n)), signal }),
    (signal) => new BufferingTransform({ signal }),
    (signal) => new AggregationTee({ signal }),
    (signal) => new DistributedResultCollector({ workflowId: 'run', numSources: 1, signal }),
    (signal) => parseJsonl({ signal }),
    (signal) => reference.rows({ signal }),
  ]
  for (const make of makers) {
    const controller = new AbortController()
    const streams = Array.from({ length: 12 }, (_, n) => make(controller.signal, n) as Writable)
    const closed = Promise.allSettled(streams.map((stream) => finished(stream)))
    await turn()
    controller.abort()
    t.match(await closed, Array(12).fill({ reason: { name: 'AbortError' } }))
  }
  t.strictSame(warnings, [])
})

t.test('containers that wait with the signal of their context cause no warning', async (t) => {
  const warnings = warningsOf(t)
  const search = {
    containers: () => Array.from({ length: 24 }, (_, n) => ({ id: `c${n}` })),
    async *run(_container: unknown, { signal }: { signal: AbortSignal }) {
      await sleep(1, undefined, { signal })
      yield { n: 1 }
    },
    async output({ signal }: { signal: AbortSignal }) {
      await Promise.all(Array.from({ length: 12 }, () => sleep(1, undefined, { signal })))
      return 1
    },
  }
  const coordinator = new Coordinator({ outputDir: t.testdir(), topologies: { search } })
  const phases = [{ name: 'a', topology: 'search' }]
  const { signal } = new AbortController()
  await coordinator.executeWorkflow({ id: 'waits', concurrency: 12, phases }, { signal })
  t.strictSame(warnings, [])
})

t.test('returns the signal whose limit it raised', async (t) => {
  const { signal } = new AbortController()
  t.equal(allowListeners(signal), signal)
})
