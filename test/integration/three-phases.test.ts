/**
 * The three-phase workflow of the documentation, unchanged, in each format: every record is in the files once, and the
 * aggregates equal those that DuckDB computes from the files.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Coordinator } from '../../lib/coordinator.ts'
import { inspectRun } from '../../lib/monitor/inspect-run.ts'
import { defineTopology, type Topology } from '../../lib/workflow/topology.ts'
import { loadWorkflow } from '../../lib/workflow/file.ts'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'

const FORMATS = ['jsonl', 'csv', 'parquet'] as const
const CONTAINERS = 40
const RECORDS = 200
const TOTAL = 3 * CONTAINERS * RECORDS

const WORKFLOW = `workflow:
  phases:
    - name: signal_generation
      topology: signal_generation
    - name: parameter_optimization
      topology: optimization
      depends_on: [signal_generation]
    - name: analysis
      topology: analysis
      depends_on: [parameter_optimization]
`

/** A topology whose metrics differ between containers and between phases. */
function makeTopology(seed: number): Topology {
  return defineTopology({
    *containers() {
      for (let index = 0; index < CONTAINERS; index++)
        yield { id: `strategy_${String(index).padStart(3, '0')}`, config: index }
    },
    async *run({ config: index }: { config: number }) {
      for (let n = 0; n < RECORDS; n++) {
        if ((n + index) % 97 === 0) await new Promise(setImmediate)
        const value = Math.sin(seed + index * 12.9898 + n * 78.233) * 43758.5453
        yield {
          timestamp: new Date(1_600_000_000_000 + n * 60_000).toISOString(),
          n,
          result: { metrics: { sharpe_ratio: value - Math.floor(value), total_return: index - n / 7 } },
        }
      }
    },
  })
}

const topologies = { signal_generation: makeTopology(1), optimization: makeTopology(2), analysis: makeTopology(3) }

async function rowsOf(connection: DuckDBConnection, query: string): Promise<Record<string, unknown>[]> {
  const reader = await connection.runAndReadAll(query)
  return reader.getRowObjectsJS()
}

/** A query of a run whose columns have the same names in every format. */
function flat(query: string, format: string): string {
  const metric = (name: string) => (format === 'jsonl' ? `result.metrics.${name}` : `"result.metrics.${name}"`)
  return `SELECT phase, container, n, ${metric('sharpe_ratio')} AS sharpe_ratio, ${metric('total_return')} AS total_return FROM (${query})`
}

function sameWithin(t: Test, actual: number | null, expected: unknown, name: string): void {
  const difference = Math.abs((actual ?? NaN) - Number(expected))
  t.ok(
    difference <= 1e-9 * Math.max(1, Math.abs(Number(expected))),
    `${name}: ${actual ?? 'null'} is ${String(expected)}`,
  )
}

t.test('every record is written once, and the aggregates equal those of DuckDB', async (t) => {
  const dir = t.testdir({ 'workflow.yaml': WORKFLOW })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const workflow = await loadWorkflow(join(dir, 'workflow.yaml'), { topologies: Object.keys(topologies) })
  const summaries = new Set<string>()
  for (const format of FORMATS) {
    const coordinator = new Coordinator({ outputDir: join(dir, format), topologies })
    const result = await coordinator.executeWorkflow({ ...workflow, results: { format }, concurrency: 4 })
    t.match(result, { status: 'completed', counts: { recordsIn: TOTAL, written: TOTAL, rejected: 0 } }, format)

    const run = await inspectRun(result.directory)
    t.match(run, { status: 'completed', rows: TOTAL, rejected: 0, phases: { length: 3 } })
    const [query = ''] = run.queries
    const [total] = await rowsOf(
      connection,
      `SELECT count(*)::INT AS rows, count(DISTINCT (phase, container, n))::INT AS distinct_rows FROM (${flat(query, format)})`,
    )
    t.match(total, { rows: TOTAL, distinct_rows: TOTAL }, `${format}: each record once`)

    const phases = await rowsOf(
      connection,
      `SELECT phase, count(*)::INT AS count, avg(sharpe_ratio) AS mean, var_samp(sharpe_ratio) AS variance,
        min(sharpe_ratio) AS min, max(sharpe_ratio) AS max FROM (${flat(query, format)}) GROUP BY phase`,
    )
    t.equal(phases.length, 3)
    for (const { phase, count, mean, variance, min, max } of phases) {
      const summary = result.aggregatedResults?.phases[String(phase)] as PhaseSummary
      const metric = summary.metrics['sharpe_ratio']
      t.equal(summary.count, count)
      t.equal(metric?.min, min)
      t.equal(metric?.max, max)
      sameWithin(t, metric?.mean ?? null, mean, 'mean')
      sameWithin(t, metric?.variance ?? null, variance, 'variance')
      const [best] = await rowsOf(
        connection,
        `SELECT container, avg(sharpe_ratio) AS mean FROM (${flat(query, format)}) WHERE phase = '${String(phase)}'
          GROUP BY container ORDER BY mean DESC LIMIT 1`,
      )
      t.equal(summary.bestContainers[0]?.container, best?.['container'])
    }
    const { phases: byPhase, topPerformers, averageMetrics, bestContainers } = result.aggregatedResults ?? {}
    summaries.add(JSON.stringify({ byPhase, topPerformers, averageMetrics, bestContainers }))
  }
  t.equal(summaries.size, 1, 'the aggregates are equal to the last bit')
  connection.closeSync()
  instance.closeSync()
})
