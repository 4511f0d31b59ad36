import { join } from 'node:path'
import t from 'tap'
import { zstdCompress } from '../../../sinks/parquet/compression/zstd.ts'
import { loadWorkflow, parseWorkflow } from '../../../lib/workflow/file.ts'

/** The workflow of the user's document, unchanged. */
const THREE_PHASES = `workflow:
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

const parse = (text: string, topologies?: readonly string[]) =>
  parseWorkflow(text, 'search.yaml', topologies === undefined ? {} : { topologies })

t.test('fills in the defaults', async (t) => {
  const workflow = parse(THREE_PHASES, ['signal_generation', 'optimization', 'analysis'])
  t.strictSame(
    { ...workflow, phases: workflow.phases.length },
    {
      name: 'search',
      id: null,
      results: {},
      objective: { metric: 'sharpe_ratio', direction: 'max' },
      concurrency: 1,
      container_timeout_ms: null,
      commit: 'records',
      checkpoint_records: 10_000,
      checkpoint_ms: 1000,
      phases: 3,
    },
  )
  t.strictSame(workflow.phases[1], {
    name: 'parameter_optimization',
    topology: 'optimization',
    depends_on: ['signal_generation'],
    inherit_from: null,
    sequence: 'single_pass',
    config: {},
    weight: 1,
  })
})

t.test('accepts every key, in YAML and in JSON', async (t) => {
  const workflow = {
    name: 'sp500_search',
    id: 'nightly',
    results: { format: 'parquet', buffer_size: 1000, row_group_bytes: 4096, fields: { container: 'set' } },
    objective: { metric: 'loss', direction: 'min' },
    concurrency: 4,
    container_timeout_ms: 5000,
    commit: 'container',
    checkpoint_records: 500,
    checkpoint_ms: 250,
    phases: [
      {
        name: 'a',
        topology: 't',
        depends_on: [],
        inherit_from: null,
        sequence: 'single_pass',
        config: { list: [1, null] },
        weight: 2,
      },
      {
        name: 'b',
        topology: 't',
        depends_on: ['a'],
        inherit_from: 'a',
        sequence: 'single_pass',
        config: {},
        weight: 1,
      },
    ],
  }
  t.strictSame(parse(JSON.stringify({ workflow }, null, 2)), workflow)
  t.strictSame(parse(JSON.stringify(workflow)), workflow, 'with and without the key `workflow`')
  const yaml = `
workflow:
  name: sp500_search
  id: nightly
  results: { format: parquet, buffer_size: 1000, row_group_bytes: 4096, fields: { container: set } }
  objective: { metric: loss, direction: min }
  concurrency: 4
  container_timeout_ms: 5000
  commit: container
  checkpoint_records: 500
  checkpoint_ms: 250
  phases:
    - &a { name: a, topology: t, config: { list: [1, null] }, weight: 2 }
    - { <<: *a, name: b, depends_on: [a], inherit_from: a, config: {}, weight: 1 }
`
  t.strictSame(parse(yaml), workflow)
  t.strictSame(parse('workflow: { results: false, phases: [{ name: a, topology: t }] }').results, false)
})

t.test('reports every problem with line, column and key', async (t) => {
  const phases = (text: string) => `phases:\n${text.replace(/^/gm, '  ')}`
  const cases: Record<string, [string, string]> = {
    'malformed YAML': ['phases: [\n', 'search.yaml:2:1: '],
    'a tab as indentation': ['workflow:\n\tphases: []', 'search.yaml:2:1: Tabs are not allowed'],
    'malformed JSON': ['{"phases": [}', 'search.yaml:1:13: '],
    'an unknown tag': ['workflow: !!python/object:os.system {}', 'search.yaml:1:11: Unresolved tag'],
    'the same key twice': ['phases: []\nphases: []', 'search.yaml:2:1: Map keys must be unique'],
    'nothing at all': ['', 'search.yaml: expected an object with the keys name, id'],
    'a list': ['- a', 'search.yaml:1:1: expected an object with the keys name, id'],
    'an empty workflow': ['workflow:', 'search.yaml:1:1: workflow: expected an object with the keys'],
    'no phases': ['name: x', 'search.yaml:1:1: the key `phases` is missing: expected a list of at least one phase'],
    'an unknown key': [
      phases('- name: a\n  topolgy: t\n  topology: t'),
      'search.yaml:3:5: phases[0].topolgy: unknown key. Did you mean `topology`?',
    ],
    'an unknown key of the results': [
      'results: { buffersize: 1 }\nphases: [{ name: a, topology: t }]',
      'search.yaml:1:12: results.buffersize: unknown key. Did you mean `buffer_size`?',
    ],
    'an invalid value': [
      'concurrency: 0\nphases: [{ name: a, topology: t }]',
      'search.yaml:1:1: concurrency: expected an integer from 1 up, got 0 (number)',
    ],
    'an unknown format': [
      'results: { format: parket }\nphases: [{ name: a, topology: t }]',
      "search.yaml:1:12: results.format: expected one of 'jsonl', 'csv', 'parquet', got 'parket' (string)",
    ],
    ...(zstdCompress === undefined && {
      'settings that contradict each other': [
        'results: { format: parquet, compression: zstd }\nphases: [{ name: a, topology: t }]',
        'search.yaml:1:1: results: Expected another `compression`',
      ],
    }),
    'an unknown sequence': [
      phases('- { name: a, topology: t, sequence: forward }'),
      "search.yaml:2:29: phases[0].sequence: expected one of 'single_pass', got 'forward' (string)",
    ],
    'a phase without a topology': [
      phases('- name: a'),
      'search.yaml:2:5: phases[0]: the key `topology` is missing: expected a non-empty string',
    ],
    'an unknown topology': [
      phases('- name: a\n  topology: serch'),
      'search.yaml:3:5: phases[0].topology: no topology is registered as `serch`. Did you mean `search`?',
    ],
    'two phases of one name': [
      phases('- { name: a, topology: t }\n- { name: a, topology: t }'),
      'search.yaml:3:7: phases[1].name: the name `a` is used by phases[0]: each phase needs a unique name',
    ],
    'names that differ in letter case only': [
      phases('- { name: a, topology: t }\n- { name: A, topology: t }'),
      'search.yaml:3:7: phases[1].name: The phase "A" cannot be a file name: it differs from "a" in letter case only.',
    ],
    'a name that cannot be a directory': [
      phases('- { name: "a.", topology: t }'),
      'search.yaml:2:7: phases[0].name: The phase "a." cannot be a file name: it ends with a dot.',
    ],
    'a dependency on itself': [
      phases('- { name: a, topology: t, depends_on: [a] }'),
      'search.yaml:2:42: phases[0].depends_on[0]: a phase cannot depend on itself',
    ],
    'an unknown dependency': [
      phases('- { name: signals, topology: t, depends_on: [signal] }'),
      'search.yaml:2:48: phases[0].depends_on[0]: there is no phase `signal`. Did you mean `signals`?',
    ],
    'dependencies that are not a list': [
      phases('- { name: a, topology: t, depends_on: b }'),
      "search.yaml:2:29: phases[0].depends_on: expected a list of phase names, got 'b' (string)",
    ],
    'a cycle': [
      phases(
        '- { name: a, topology: t, depends_on: [c] }\n- { name: b, topology: t, depends_on: [a] }\n- { name: c, topology: t, depends_on: [b] }',
      ),
      'search.yaml:2:29: phases[0].depends_on: the phases depend on each other in a cycle: a -> c -> b -> a',
    ],
    'inheritance from a phase that is not upstream': [
      phases('- { name: a, topology: t }\n- { name: b, topology: t, inherit_from: a }'),
      'search.yaml:3:29: phases[1].inherit_from: cannot inherit from `a`: it is not upstream: add it to `depends_on`',
    ],
    'a key of the configuration that will be filled in': [
      phases('- { name: a, topology: t }\n- { name: b, topology: t, depends_on: [a], config: { a_results: 1 } }'),
      'search.yaml:3:56: phases[1].config.a_results: this key is filled in from an upstream phase: choose another name',
    ],
    'a value that is not plain data': [
      phases('- { name: a, topology: t, config: { deep: [.nan] } }'),
      'search.yaml:2:46: phases[0].config.deep[0]: expected plain data, got NaN (number)',
    ],
    'aliases that expand exponentially': [
      [
        'a: &a [1,1,1,1,1,1,1,1,1]',
        ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i] ?? ''},`.repeat(9)}]`),
      ].join('\n'),
      'search.yaml: its aliases cannot be expanded',
    ],
  }
  for (const [name, [text, message]] of Object.entries(cases)) {
    const topologies = name === 'an unknown topology' ? ['search', 'report'] : undefined
    t.throws(() => parse(text, topologies), { code: 'ERR_SPILLWAY_WORKFLOW', message }, name)
  }
})

t.test('reports all problems in one error, in the order of the file', async (t) => {
  const text = 'phases:\n  - name: a\n    topology: 5\n  - name: b\n    topology: t\n    weight: -1\nconcurency: 2\n'
  t.throws(() => parse(text), {
    message: [
      'search.yaml:3:5: phases[0].topology: expected a non-empty string, got 5 (number)',
      'search.yaml:6:5: phases[1].weight: expected a number above 0, got -1 (number)',
      'search.yaml:7:1: concurency: unknown key. Did you mean `concurrency`?',
    ].join('\n'),
    place: { path: 'search.yaml', line: 3, column: 5, field: 'phases[0].topology' },
  })
})

t.test('keys such as __proto__ are treated as any other key', async (t) => {
  const text = 'phases: [{ name: a, topology: t, config: { __proto__: { polluted: true }, constructor: 1 } }]'
  const { phases } = parse(text)
  t.strictSame(Object.keys(phases[0]?.config ?? {}), ['__proto__', 'constructor'])
  t.notOk('polluted' in {})
  t.throws(() => parse('phases: [{ name: a, topology: t, __proto__: {} }]'), { message: /unknown key/ })
})

t.test('reads a file, and uses its name as the default name', async (t) => {
  const dir = t.testdir({ 'nightly search.yml': THREE_PHASES })
  t.equal((await loadWorkflow(join(dir, 'nightly search.yml'))).name, 'nightly search')
  await t.rejects(loadWorkflow(join(dir, 'none.yaml')), { code: 'ERR_SPILLWAY_IO', message: /none\.yaml: ENOENT/ })
  await t.rejects(loadWorkflow(dir), { code: 'ERR_SPILLWAY_IO' })
})
