/**
 * The sources that a test covers in `npm run test:coverage`. Code that a test merely runs is not tested by it, so a test
 * covers its subject only:
 *
 * - `test/lib/x/y.test.ts` covers `lib/x/y.ts`, and so does `test/lib/x/y-faults.test.ts`;
 * - a room that is tested through a front, or through the file that uses it, is in the table.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Globs of the sources that tests cover beside those of their own name, by the start of the tests' names. */
const rooms = {
  'examples/sp500/main': ['examples/sp500/*.ts'],
  'examples/sp500/topologies': ['examples/sp500/*.ts'],
  'integration/abort-signals': ['lib/core/interruptible.ts'],
  'integration/convert': ['lib/cli/convert/*.ts', 'lib/reading/*.ts'],
  'integration/formats-agree': ['sinks/*.ts', 'sinks/text/*.ts', 'sinks/values/*.ts'],
  'integration/interrupts': ['lib/cli/**/*.ts'],
  'integration/parquet-': ['sinks/parquet/**/*.ts', 'sinks/readers/*.ts'],
  'integration/resume-kill-': ['lib/{journal,recovery,run}/*.ts'],
  'integration/run-faults': ['lib/*.ts', 'lib/{execution,journal,recovery,run,streaming}/*.ts', 'sinks/files/*.ts'],
  'integration/three-phases': ['lib/*.ts', 'lib/{execution,monitor,run}/*.ts'],
  'lib/cli/convert/convert': ['lib/cli/convert/*.ts', 'lib/cli/terminal/*.ts', 'lib/reading/*.ts'],
  'lib/cli/program': ['lib/cli/*.ts'],
  'lib/cli/repair-command': ['lib/cli/*.ts'],
  'lib/cli/run/': ['lib/cli/run/*.ts', 'lib/cli/*.ts', 'lib/cli/terminal/*.ts'],
  'lib/coordinator': ['lib/{execution,run}/*.ts', 'lib/core/diagnostics.ts'],
  'lib/data-flow-manager': ['lib/outputs/*.ts'],
  'lib/distributed-result-collector': ['lib/collector/*.ts'],
  'lib/journal/': ['lib/journal/*.ts'],
  'lib/monitor/inspect-run': ['lib/monitor/*.ts'],
  'lib/recovery/resume': ['lib/{journal,recovery,run}/*.ts', 'lib/execution/*.ts'],
  'lib/result-streamer': ['lib/streaming/*.ts'],
  'lib/sequencer': ['lib/execution/*.ts'],
  'lib/testing/kill-runs': ['lib/testing/*.ts'],
  'lib/workflow/': ['lib/workflow/*.ts'],
  'sinks/drift': ['sinks/*.ts', 'sinks/columns/*.ts'],
  'sinks/csv-sink': ['sinks/*.ts', 'sinks/{files,text}/*.ts'],
  'sinks/jsonl-sink': ['sinks/*.ts', 'sinks/{files,text}/*.ts'],
  'sinks/parquet-sink': ['sinks/*.ts', 'sinks/files/*.ts', 'sinks/parquet/*.ts'],
  'sinks/parquet/': ['sinks/parquet/**/*.ts'],
  'sinks/readers/': ['sinks/readers/*.ts'],
  'sinks/refused-records': ['sinks/*.ts', 'sinks/values/*.ts'],
  'sinks/round-trip': ['sinks/**/*.ts'],
  'sinks/text/csv-': ['sinks/text/csv-*.ts'],
  'sinks/values/values-in-files': ['sinks/{text,values}/*.ts', 'sinks/parquet/**/*.ts'],
  'transforms/aggregate/aggregates': ['transforms/aggregate/*.ts'],
  'transforms/aggregation-tee': ['transforms/aggregate/*.ts'],
}

/** Tests that cover no source of the library: of the benchmarks, the package, the documents, the rules of the project. */
const others = ['benchmarks/', 'docs', 'imports', 'package']

/**
 * The globs of a test, or null for one that covers nothing.
 *
 * @param {string} test
 * @returns {string[] | null}
 */
export default function sourcesOf(test) {
  const name = test.replace(/^test\//, '').replace(/\.test\.ts$/, '')
  if (others.some((start) => name.startsWith(start))) return null
  const own = ownSourceOf(name)
  const shared = Object.keys(rooms).filter((start) => name.startsWith(start))
  return [...(own === undefined ? [] : [own]), ...shared.flatMap((start) => rooms[start])]
}

/** The source with the longest name that the test's name begins with, in the same folder. */
function ownSourceOf(name) {
  for (let end = name.length; end > name.lastIndexOf('/'); end = name.lastIndexOf('-', end - 1)) {
    const source = `${name.slice(0, end)}.ts`
    if (existsSync(join(root, source))) return source
  }
  return undefined
}
