/** A run of three phases, with all kinds of files that a run has, and its content. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Topology } from '../../lib/workflow/topology.ts'
import type { Format } from '../../sinks/options.ts'
import { textsIn } from './checked-file.ts'
import { partsOf, rowsOfFile, variant } from './sink-formats.ts'

/** What happens in the last phase before its last container. */
type Interruption = () => Promise<void> | void

/** Three phases: one with records and rejections, one with a stored output, and one that reads both. */
export function topologiesOf(interrupt: Interruption = () => {}): Record<string, Topology> {
  const metrics = (n: number) => ({ metrics: { sharpe_ratio: Math.sin(n) } })
  return {
    records: {
      *containers() {
        for (let c = 0; c < 3; c++) yield { id: `c${c}` }
      },
      *run({ id }) {
        for (let n = 0; n < 6; n++)
          yield { n, text: `record ${n} of ${id}`, result: metrics(n), ...(n === 3 && { refused: () => n }) }
      },
    },
    storing: {
      containers: () => [{ id: 'only' }],
      run: () => [{ n: 1, result: metrics(1) }],
      output: () => ({ best: 42, rows: [1, 2, 3].map((a) => ({ a, b: `row ${a}` })), names: new Set(['x', 'y']) }),
    },
    reading: {
      *containers() {
        for (let c = 0; c < 3; c++) yield { id: `r${c}` }
      },
      async *run({ id }, { inputs }) {
        const stored = (await inputs['s']?.get()) as { best: number; rows: unknown[] }
        let sum = 0
        for await (const { n } of inputs['a']?.rows() ?? []) sum += n as number
        for (let n = 0; n < 4; n++) {
          yield {
            n,
            sum,
            best: stored.best,
            rows: stored.rows.length,
            result: metrics(n),
            ...(n === 2 && { refused: () => n }),
          }
        }
        if (id === 'r1') await interrupt()
      },
    },
  }
}

export const workflowOf = (format: Format) => ({
  id: 'run',
  checkpoint_records: 4,
  results: { format, part_max_rows: 7, buffer_size: 2 },
  phases: [
    { name: 'a', topology: 'records' },
    { name: 's', topology: 'storing' },
    { name: 'b', topology: 'reading', depends_on: ['a', 's'] },
  ],
})

/** The records of each phase, the aggregates and the rejections. */
export async function contentOf(run: string, format: Format): Promise<unknown> {
  const rows: Record<string, string[]> = {}
  for (const phase of ['a', 's', 'b']) {
    const parts = partsOf(join(run, 'results', phase))
    const all = await Promise.all(parts.map((part) => rowsOfFile(part, variant(format))))
    rows[phase] = all
      .flat()
      .map((row) => JSON.stringify(row))
      .sort()
  }
  const rejections = textsIn(join(run, 'dead-letter.jsonl')).sort()
  return { rows, aggregates: readFileSync(join(run, 'aggregates.json'), 'utf8'), rejections }
}
