/**
 * A record whose getter throws is rejected by a workflow, as by a ResultStreamer: the containers go to their end.
 */
import { join } from 'node:path'
import t from 'tap'
import { Coordinator } from '../../../lib/coordinator.ts'
import { textsIn } from '../../helpers/checked-file.ts'
import { FORMATS } from '../../../sinks/options.ts'

function unreadable(fields: Readonly<Record<string, unknown>>, field: string): Record<string, unknown> {
  return Object.defineProperty({ ...fields }, field, {
    enumerable: true,
    get() {
      throw new Error('no such file')
    },
  })
}

/** Runs a container of three records, the second of which cannot be read. */
async function run(outputDir: string, bad: Record<string, unknown>, workflow: object) {
  const odd = { containers: () => [{ id: 'x' }], run: () => [{ n: 1 }, bad, { n: 3 }] }
  const result = await new Coordinator({ outputDir, topologies: { odd } }).executeWorkflow({
    id: 'run',
    phases: [{ name: 'p', topology: 'odd' }],
    ...workflow,
  })
  const rejections = textsIn(join(result.directory, 'dead-letter.jsonl'))
  return { result, rejections: rejections.map((text) => JSON.parse(text) as unknown) }
}

for (const commit of ['records', 'container'] as const) {
  for (const own of [{}, { phase: 'p' }, { phase: 'p', container: 'x' }]) {
    for (const format of FORMATS) {
      const names = Object.keys(own).join(' and ')
      t.test(`${format}, commit: ${commit}, its own ${names || 'names: none'}`, async (t) => {
        const bad = unreadable({ ...own, n: 2 }, 'value')
        const { result, rejections } = await run(t.testdir(), bad, { commit, results: { format } })
        t.match(result.counts, { recordsIn: 3, written: 2, rejected: 1 })
        t.strictSame(rejections, [
          {
            stage: 'encode',
            reason: 'could not be read: no such file',
            field: 'value',
            phase: 'p',
            container: 'x',
            record: { phase: 'p', container: 'x', n: 2, value: '<unreadable>' },
          },
        ])
      })
    }
  }
  for (const field of ['phase', 'container', 'constructor']) {
    t.test(`commit: ${commit}, ${field} cannot be read`, async (t) => {
      const { result, rejections } = await run(t.testdir(), unreadable({}, field), { commit })
      t.match(result.counts, { recordsIn: 3, written: 2, rejected: 1 })
      t.match(rejections, [{ stage: 'encode', reason: /no such file/, phase: 'p' }])
    })
  }
}

t.test('many of them move to the disk with their container', async (t) => {
  const outputDir = t.testdir()
  const note = 'x'.repeat(10_000)
  const odd = {
    containers: () => [{ id: 'x' }],
    *run() {
      for (let n = 0; n < 300; n++) yield n % 3 === 0 ? unreadable({ n }, 'value') : { n, note }
    },
  }
  const coordinator = new Coordinator({ outputDir, topologies: { odd } })
  const { counts } = await coordinator.executeWorkflow({
    id: 'run',
    commit: 'container',
    phases: [{ name: 'p', topology: 'odd' }],
  })
  t.match(counts, { recordsIn: 300, written: 200, rejected: 100 })
})

t.test('the phase is named where results are not written', async (t) => {
  const record = { result: { metrics: unreadable({}, 'loss') } }
  const odd = { containers: () => [{ id: 'x' }], run: () => [record] }
  const coordinator = new Coordinator({ outputDir: t.testdir(), topologies: { odd } })
  await t.rejects(coordinator.executeWorkflow({ results: false, phases: [{ name: 'p', topology: 'odd' }] }), {
    code: 'ERR_SPILLWAY_VALUE',
    message: /^A record of phase "p" cannot be aggregated: .* no such file\./,
  })
})
