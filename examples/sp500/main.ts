/**
 * Runs workflow.yaml: 2,710 parameter sets of three classic trading rules on the S&P 500. The best ones by the years up
 * to 2009 are then evaluated in the years since. Run it with `npm start`; `npm start -- --help` prints the options.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Interrupts } from '../../lib/cli/terminal/interrupts.ts'
import { showProgress } from '../../lib/cli/terminal/progress.ts'
import { partialText, progressText } from '../../lib/cli/run/run-report.ts'
import { Coordinator } from '../../lib/coordinator.ts'
import { messageOf } from '../../lib/core/errors.ts'
import { expectValue, integerFrom, oneOf } from '../../lib/core/options.ts'
import { RunProgress } from '../../lib/monitor/run-progress.ts'
import { loadWorkflow } from '../../lib/workflow/file.ts'
import { WorkflowAbortError, WorkflowError, type WorkflowResult } from '../../lib/run/result.ts'
import type { ResolvedWorkflow } from '../../lib/workflow/types.ts'
import { FORMATS, type Format } from '../../sinks/options.ts'
import type { Comparison } from './comparison.ts'
import { formatReport } from './report.ts'
import { analysis, optimization, signal_generation } from './topologies.ts'

const HELP = `Usage: npm start -- [options]

  --out <dir>         directory in which the run directory is created (default: results)
  --format <format>   jsonl, csv or parquet (default: as in workflow.yaml, parquet)
  --sets <n>          only the first n parameter sets (default: all)
  --help              print this help
`

/** The command line. */
interface RunOptions {
  readonly out: string
  readonly format?: string
  readonly sets?: string
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  const stopped = error instanceof WorkflowError || error instanceof WorkflowAbortError
  if (stopped) process.stderr.write(`${partialText(error.result)}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'results' },
      format: { type: 'string' },
      sets: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const result = await run(values)
  const comparison = (await result.phases['analysis']?.output?.get()) as Comparison
  process.stdout.write(`${formatReport(comparison, result)}\n`)
}

/** Runs the workflow, and shows its progress on a terminal. Ctrl-C stops it cleanly. */
async function run(options: RunOptions): Promise<WorkflowResult> {
  const topologies = { signal_generation, optimization, analysis }
  const file = join(import.meta.dirname, 'workflow.yaml')
  const loaded = await loadWorkflow(file, { topologies: Object.keys(topologies) })
  const workflow = withOptions(loaded, options)
  const coordinator = new Coordinator({ outputDir: options.out, topologies })

  using interrupts = new Interrupts(process)
  using progress = new RunProgress(workflow.phases.map(({ name }) => name))
  using _shown = await showProgress(process.stderr, () => {
    const streamer = coordinator.resultStreamers.get(progress.workflowId ?? '')
    return progressText(progress.phases, streamer?.stats)
  })
  return await coordinator.executeWorkflow(workflow, { signal: interrupts.signal })
}

/** Applies the options of the command line, which take precedence over the workflow file. */
function withOptions(workflow: ResolvedWorkflow, { format, sets }: RunOptions): ResolvedWorkflow {
  const { results, phases } = workflow
  if (format !== undefined) expectValue('--format', format, oneOf(FORMATS))
  const limit = sets === undefined ? undefined : Number(sets)
  if (limit !== undefined) expectValue('--sets', limit, integerFrom(1))
  return {
    ...workflow,
    results: { ...results, ...(format !== undefined && { format: format as Format }) },
    phases: phases.map((phase) => {
      if (limit === undefined || phase.topology !== 'signal_generation') return phase
      return { ...phase, config: { ...phase.config, sets: limit } }
    }),
  }
}
