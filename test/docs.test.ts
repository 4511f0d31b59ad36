/**
 * The code in README.md and in the guides runs as it stands. Each document has a folder of its own, in which its blocks
 * follow each other:
 *
 * - A block whose first line is a comment with a file name, or that has a `title`, is that file.
 * - Any other block of JavaScript is a script. A comment behind each `console.log` says what it prints.
 * - TypeScript compiles under `strict`. A block of it that is no file is also valid JavaScript, and runs as that.
 * - A shell block runs in that folder, where `npx spillway` is the command of this checkout. Lines that begin with `npm`
 *   are not run, as CI does that: their scripts must exist.
 * - A block of text shows something, and is not run.
 */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, parse, posix } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import ts from 'typescript'
import {
  anchorsOf,
  codeSpans,
  guides,
  linksOf,
  readDocument,
  root,
  sectionsOf,
  type Section,
} from './helpers/documents.ts'
import { installPackage } from './helpers/installed-package.ts'

/** What a section leaves behind, beside what its scripts print. */
type Check = (t: Test, dir: string, printed: string) => void

/** Checks of sections, by document and heading. */
const checks: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  'README.md': {
    'Run a workflow': (t, dir, printed) => {
      t.match(printed, /^first: completed in/m)
      t.match(printed, /^second: completed in/m)
      t.equal(readdirSync(join(dir, 'results')).length, 3, 'two runs by the command, one from code')
      t.ok(existsSync(join(dir, 'results/first/results/optimization/part-00000.parquet')))
    },
    'Write results': (t, dir) => {
      t.ok(existsSync(join(dir, 'results/search-1/results/optimization/part-00000.parquet')))
      t.ok(existsSync(join(dir, 'results/search-1/aggregates.json')))
    },
  },
  'docs/write-results.md': {
    'Many phases: ResultStreamer': (t, dir) => {
      t.strictSame(readdirSync(join(dir, 'results/study')).sort(), ['aggregates.json', 'results'])
      t.strictSame(readdirSync(join(dir, 'results/study/results')).sort(), ['test', 'train'])
      t.match(lines(dir, 'results/study/results/train/part-00000.csv'), [
        'phase,container,result.metrics.loss',
        /^train/,
      ])
    },
    Acknowledgements: (t, dir) => {
      t.equal(lines(dir, 'results/demo/results/a/part-00000.jsonl').length, 2)
    },
    'Single stages': (t, dir) => {
      t.strictSame(lines(dir, 'evaluations.csv'), ['container,result.metrics.accuracy', 'a,0.5', 'b,0.75'])
    },
  },
  'docs/workflows.md': {
    'The workflow file': (t, _dir, printed) => {
      t.match(printed, /1\. candidates: candidates\n\s+2\. refinement: refinement, after candidates/)
    },
    'Run it from the command line': (t, dir, printed) => {
      t.match(printed, /^nightly: completed in/m)
      t.match(printed, /"status": "completed"/)
      t.match(printed, /read_json\(/)
      t.match(readdirSync(join(dir, 'runs')).sort(), ['nightly', /^search-\d{8}T\d{6}Z$/])
    },
  },
  'docs/resume.md': {
    'Continue a run': (t, dir, printed) => {
      t.match(printed, /^exit code 1$/m)
      t.match(printed, /^first: completed in/m)
      const parts = ['part-00000.jsonl', 'part-00001.jsonl'].flatMap((part) => {
        return lines(dir, `runs/first/results/numbers/${part}`)
      })
      const found = parts.map((line) => JSON.parse(line) as unknown)
      const made = ['a', 'b', 'c'].flatMap((container) => {
        return Array.from({ length: 1000 }, (_, n) => ({ phase: 'numbers', container, n }))
      })
      t.strictSame(found, made, 'each record is there once')
    },
    'Containers that do not repeat themselves': (t, dir) => {
      t.equal(lines(dir, 'runs/sample/results/draws/part-00000.jsonl').length, 10)
    },
    'A changed workflow': (t, dir, printed) => {
      t.match(printed, /^exit code 2$/m)
      t.match(printed, /^first: completed in/m)
      t.match(readFileSync(join(dir, 'runs/first/workflow.json'), 'utf8'), '"seed": 1')
    },
  },
  'docs/formats-and-values.md': {
    Columns: (t, dir) => {
      t.match(lines(dir, 'scores.parquet.dead-letter.jsonl'), [/"field":"id"/])
    },
    'CSV dialects': (t, _dir, printed) => {
      t.equal(printed, '1;"x;y"\n')
    },
  },
  'docs/convert.md': {
    'Convert a file': (t, dir, printed) => {
      const table = 'flight,delay.departure,delay.arrival\nAB12,3,1\nCD34,0,\n'
      t.equal(printed, `${table}${table}`, 'from Parquet, and from a pipe')
      t.strictSame(lines(dir, 'prices.jsonl'), [
        '{"day":"2026-01-02","price":{"open":100.5,"close":101}}',
        '{"day":"2026-01-03","price":{"open":101,"close":null}}',
      ])
      t.ok(existsSync(join(dir, 'prices.csv.gz')))
    },
  },
  'docs/testing.md': {
    'Files that fail': (t, dir) => {
      t.match(readFileSync(join(dir, 'numbers.jsonl'), 'utf8'), /^(\{"n":\d+\}\n)*\{"n":9\}\n$/)
    },
    'Processes that are killed': (t, dir, printed) => {
      const kills = printed.trim().split('\n')
      t.equal(kills[0], 'before operation 1 (open): "no file"')
      t.ok(kills.includes('middle operation 2 (write): "{\\"n\\":0}\\n"'))
      t.equal(kills.at(-1), String(kills.length - 1), 'the number of kills comes last')
      t.strictSame(lines(dir, 'work.jsonl'), ['{"n":0}', '{"n":1}'])
    },
  },
  'docs/benchmarks.md': {
    'Your own case': (t, _dir, printed) => {
      t.match(printed, /^my-case: median of 2 runs each, compared with by hand$/m)
    },
    'The slow stage of a pipeline': (t, _dir, printed) => {
      t.match(printed, /^mine: the slowest stage is /m)
    },
  },
}

/** Documents whose commands are for a clone, and not run here. */
const forContributors = ['CONTRIBUTING.md', 'SECURITY.md']

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly devDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}
const workspace = t.testdir()
const environment = prepare(workspace)

t.test('each check is one of a section that there is', async (t) => {
  for (const [path, sections] of Object.entries(checks)) {
    const headings = sectionsOf(readDocument(path)).map(({ heading }) => heading)
    t.strictSame(
      Object.keys(sections).filter((heading) => !headings.includes(heading)),
      [],
      path,
    )
  }
})

t.test('every file that a document makes is used in it', async (t) => {
  for (const path of guides) {
    const blocks = sectionsOf(readDocument(path)).flatMap((section) => section.blocks)
    const unused = blocks.filter(({ file }) => {
      return file !== undefined && !blocks.some((other) => other.file !== file && other.code.includes(file))
    })
    t.strictSame(
      unused.map(({ file }) => file),
      [],
      path,
    )
  }
})

// Several documents at a time: most of the time goes to processes that start.
t.jobs = 4
for (const path of guides) {
  t.test(`the code in ${path} runs`, { buffered: true }, async (t) => {
    const dir = join(workspace, 'run', parse(path).name)
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
    for (const section of sectionsOf(readDocument(path))) {
      const printed = await runSection(t, path, section, dir)
      checks[path]?.[section.heading]?.(t, dir, printed)
    }
  })
}

t.test('the TypeScript compiles', { buffered: true }, async (t) => {
  const folder = join(workspace, 'types')
  const names = guides.flatMap((path) => writeTypeScript(join(folder, parse(path).name), path))
  t.ok(names.length > 1, 'there is some')
  const program = ts.createProgram(names, {
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    // Of the sources of spillway, which the documents import here.
    allowImportingTsExtensions: true,
    types: ['node'],
    paths: { spillway: [join(root, 'lib/index.ts')] },
  })
  const problems = names.flatMap((name) => {
    const source = program.getSourceFile(name)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(({ messageText, start = 0 }) => {
      const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1
      return `${name}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
  t.strictSame(problems, [])
})

t.test('links lead to files of the project and to headings in them', async (t) => {
  const wrong = [...guides, 'ARCHITECTURE.md', 'CHANGELOG.md', ...forContributors].flatMap((path) => {
    return linksOf(readDocument(path))
      .filter((link) => !/^https?:/.test(link) && !leadsSomewhere(path, link))
      .map((link) => `${path}: ${link}`)
  })
  t.strictSame(wrong, [])
})

t.test('contributors find the scripts, packages and files that are named', async (t) => {
  for (const path of forContributors) {
    const document = readDocument(path)
    const blocks = sectionsOf(document).flatMap((section) => section.blocks)
    for (const line of blocks.flatMap(({ code }) => code.trimEnd().split('\n'))) {
      const [program, command = '', ...args] = (line.split(' #')[0] ?? '').trim().split(' ')
      t.ok(program === 'npx' ? Object.hasOwn(manifest.devDependencies, command) : isKnown(line), `${path}: ${line}`)
      const missing = args.filter((name) => name.includes('/') && !name.includes('*') && !existsSync(join(root, name)))
      t.strictSame(missing, [], line)
    }
    const named = codeSpans(document).filter((span) =>
      /^(?:lib|sinks|transforms|test|benchmarks|docs)\/[\w./-]*$/.test(span),
    )
    t.strictSame(
      named.filter((name) => !existsSync(join(root, name))),
      [],
      path,
    )
  }
})

/** Runs the blocks of a section one after the other, and returns all they print. */
async function runSection(t: Test, path: string, { blocks }: Section, dir: string): Promise<string> {
  let printed = ''
  for (const block of blocks) {
    const place = `${path}:${block.line}`
    if (block.file !== undefined) writeFileSync(join(dir, block.file), block.code)
    else if (block.language === 'js' || block.language === 'ts') {
      const output = await runScript(place, block.code, dir)
      const expected = expectedLines(block.code)
      if (expected.length > 0) t.strictSame(output.split('\n').slice(0, -1), expected, `${place} prints what it says`)
      printed += output
    } else if (block.language === 'sh') printed += await runShell(t, place, block.code, dir)
    else t.equal(block.language, 'text', `${place} is run, or is a file, or is text`)
  }
  return printed
}

async function runScript(place: string, code: string, dir: string): Promise<string> {
  const script = join(dir, 'example.mjs')
  writeFileSync(script, code)
  return run(place, `exec '${process.execPath}' '${script}'`, dir)
}

async function runShell(t: Test, place: string, code: string, dir: string): Promise<string> {
  const [npm, others] = [[] as string[], [] as string[]]
  for (const line of code.trimEnd().split('\n')) (line.startsWith('npm ') ? npm : others).push(line)
  for (const line of npm) for (const command of line.split(' && ')) t.ok(isKnown(command), `${place}: ${command}`)
  return others.length === 0 ? '' : run(place, others.join('\n'), dir)
}

/** Whether npm has something to do for a command: a script of this package, or an installation. */
function isKnown(command: string): boolean {
  const [, verb = '', what = ''] = command.split(/\s+/)
  if (verb === 'ci') return true
  if (verb === 'install') return what === manifest.name
  return Object.hasOwn(manifest.scripts, verb === 'run' ? what : verb)
}

/** Runs commands of the shell, the first that fails being the last; returns what they print. */
async function run(place: string, commands: string, cwd: string): Promise<string> {
  // The test runner puts a loader of its own there, whatever the environment is: each process would take twice as long.
  const script = `unset NODE_OPTIONS\n${commands}`
  try {
    const { stdout } = await promisify(execFile)('sh', ['-ec', script], { cwd, env: environment })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${place} failed\n${stdout ?? ''}${stderr ?? ''}`, { cause: error })
  }
}

/** What a script prints by its comments; nothing when it does not say so behind each `console.log`. */
function expectedLines(code: string): string[] {
  const calls = code.split('\n').filter((line) => line.includes('console.log('))
  const expected = calls.map((line) => /\) \/\/ (.*)$/.exec(line)?.[1])
  return expected.every((line) => line !== undefined) ? expected : []
}

/** Installs the package and the commands that the documents use; returns the environment in which they are found. */
function prepare(folder: string): NodeJS.ProcessEnv {
  const command = installPackage(folder)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const npx = join(bin, 'npx')
  writeFileSync(
    npx,
    `#!/bin/sh\n[ "$1" = spillway ] || exit 127\nshift\nexec "${process.execPath}" "${command}" "$@"\n`,
  )
  chmodSync(npx, 0o755)
  return { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
}

/** Writes the TypeScript of a document for the compiler, and returns the paths of the files. */
function writeTypeScript(folder: string, path: string): string[] {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const blocks = sectionsOf(readDocument(path)).flatMap((section) => section.blocks)
  return blocks
    .filter(({ language }) => language === 'ts')
    .map(({ file, code, line }) => {
      const name = join(folder, file ?? `line-${line}.ts`)
      writeFileSync(name, code)
      return name
    })
}

/** Whether a link of a document leads to a file, and to a heading if it names one. */
function leadsSomewhere(path: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? path : posix.join(posix.dirname(path), file)
  if (!existsSync(join(root, target))) return false
  return anchor === undefined || anchorsOf(readDocument(target)).includes(anchor)
}

function lines(dir: string, file: string): string[] {
  return readFileSync(join(dir, file), 'utf8').trim().split('\n')
}
