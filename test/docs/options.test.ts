/**
 * docs/options.md has every option, key and flag, with the default that the code has.
 */
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import ts from 'typescript'
import { resolveWorkflow } from '../../lib/workflow/resolve.ts'
import { codeSpans, readDocument, root, sectionsOf, tableRows, type Section } from '../helpers/documents.ts'
import { spillway } from '../lib/cli/fake-command-io.ts'

const entries = ['lib/index.ts', 'lib/testing/index.ts', 'benchmarks/index.ts'].map((path) => join(root, path))
const program = ts.createProgram(entries, {
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  types: ['node'],
})
const checker = program.getTypeChecker()

const sections = sectionsOf(readDocument('docs/options.md'))
const ofTypes = sections.filter(({ heading }) =>
  /^[A-Z]\w+[a-z][A-Z]\w+$|^(Workflow|Objective|Faults|Disk)$/.test(heading),
)
const ofCommands = sections.filter(({ heading }) => heading.startsWith('spillway '))

/** A literal at the start of the text of a `@default` tag; other texts are words about it. */
const LITERAL = /^(?:'[^']*'|\d+|true|false|Infinity|\[\]|\{\}|\{ .*\})(?= |$)/

/** Types of options that are described as a part of others. */
const PARTS = ['JsonlSinkOptions', 'CsvSinkOptions', 'ParquetSinkOptions', 'ResumptionOptions']

t.test('every exported type of options has a section', async (t) => {
  const exported = entries.flatMap((path) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path) as ts.SourceFile) as ts.Symbol
    return checker.getExportsOfModule(module).map(({ name }) => name)
  })
  const expected = [...exported.filter((name) => name.endsWith('Options')), 'ResultsSettings', 'FieldNames', 'Faults']
  const described = [...ofTypes.map(({ heading }) => heading), ...PARTS]
  t.ok(expected.length > 20)
  t.strictSame(
    expected.filter((name) => !described.includes(name)),
    [],
  )
})

for (const section of ofTypes) {
  t.test(`${section.heading} has the options of the code, and their defaults`, async (t) => {
    const properties = propertiesOf(section.heading)
    t.strictSame([...namesIn(section)].sort(), [...properties.keys()].sort())
    for (const [name = '', given = ''] of tableRows(section.text)) {
      const property = properties.get(codeSpans(name)[0] ?? '')
      if (property !== undefined) t.match(given, defaultOf(property), `${section.heading}: ${name}`)
    }
    for (const [other, names] of takenFrom(section)) {
      const known = [...propertiesOf(other).keys()]
      t.strictSame(
        names.filter((name) => !known.includes(camelCase(name))),
        [],
        `they are options of ${other}`,
      )
    }
  })
}

t.test('tells which sink has which option', async (t) => {
  const rows = tableRows(sections.find(({ heading }) => heading === 'RecordSinkOptions')?.text ?? '')
  for (const sink of ['JSONL', 'CSV', 'Parquet']) {
    const type = `${sink === 'JSONL' ? 'Jsonl' : sink === 'CSV' ? 'Csv' : 'Parquet'}SinkOptions`
    const named = rows.filter(([, , sinks = '']) => sinks === 'all' || sinks.split(', ').includes(sink))
    t.strictSame(named.flatMap(([name = '']) => codeSpans(name)).sort(), [...propertiesOf(type).keys()].sort(), type)
  }
})

t.test('has the defaults of a workflow as they are filled in', async (t) => {
  const { phases, ...workflow } = resolveWorkflow({ phases: [{ name: 'a', topology: 'b' }] })
  const filled: Readonly<Record<string, object>> = { Workflow: workflow, WorkflowPhase: phases[0] as object }
  for (const { heading, text } of ofTypes) {
    if (filled[heading] === undefined) continue
    const defaults = new Map(Object.entries(filled[heading]))
    for (const [name = '', given = ''] of tableRows(text)) {
      const value: unknown = defaults.get(codeSpans(name)[0] ?? '')
      if (!given.startsWith('`')) continue
      t.equal(given, `\`${inspect(value)}\``, `${heading}: ${name}`)
    }
  }
})

t.test('has every command, with its flags', async (t) => {
  const { stdout } = await spillway(['--help'])
  const commands = [...stdout.toString().matchAll(/^ {2}(\w+) .*[[<]/gm)].map(([, name]) => `spillway ${name}`)
  t.strictSame(
    ofCommands.map(({ heading }) => heading),
    commands,
  )
  for (const { heading, text } of ofCommands) {
    const help = await spillway([...heading.split(' ').slice(1), '--help'])
    const flags = [...help.stdout.toString().matchAll(/^ {2}(?:(-\w), |)(--\S+(?: [[<]\S+)?) /gm)]
    const expected = flags
      .map(([, short, flag = '']) => (short === undefined ? flag : `${flag} ${short}`))
      .filter((flag) => !flag.startsWith('--help'))
    const described = tableRows(text).map(([flag = '', , meaning = '']) => {
      const short = / short `(-\w)`/.exec(meaning)?.[1]
      return `${codeSpans(flag)[0] ?? ''}${short === undefined ? '' : ` ${short}`}`
    })
    t.strictSame(described.sort(), expected.sort(), heading)
  }
})

/** The options that a section describes, itself or by the section it refers to. */
function namesIn(section: Section): Set<string> {
  const own = tableRows(section.text).flatMap(([name = '']) => codeSpans(name))
  return new Set([...own, ...[...takenFrom(section).values()].flat()])
}

/** Options that a section leaves to other ones, by the names of those. */
function takenFrom({ text }: Section): Map<string, string[]> {
  const items = text.matchAll(/^- of \[(\w+)\]\(#\w+\):((?:.*\n?)(?: {2}.*\n?)*)/gm)
  return new Map([...items].map(([, other = '', names = '']) => [other, codeSpans(names)]))
}

/** The properties of a type of the project, by name. */
function propertiesOf(typeName: string): Map<string, ts.Symbol> {
  const declarations = program
    .getSourceFiles()
    .filter(({ fileName }) => !fileName.includes('node_modules'))
    .flatMap(({ statements }) => [...statements])
    .filter((each) => ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each))
    .filter(({ name }) => name.text === typeName)
  const [declaration] = declarations
  if (declaration === undefined || declarations.length > 1) {
    throw new Error(`${declarations.length} types are called ${typeName}`)
  }
  const type = checker.getTypeAtLocation(declaration.name)
  return new Map(checker.getPropertiesOfType(type).map((property) => [property.name, property]))
}

/** What must stand as the default of an option. */
function defaultOf(property: ts.Symbol): RegExp {
  const [declaration] = property.declarations ?? []
  if ((property.flags & ts.SymbolFlags.Optional) === 0) return /^required$/
  const filled = declaration && filledIn(declaration.getSourceFile(), property.name)
  if (filled !== undefined) return new RegExp(`^\`${escape(inspect(filled))}\`$`)
  const tag = property.getJsDocTags(checker).find(({ name }) => name === 'default')
  const literal = LITERAL.exec(ts.displayPartsToString(tag?.text))?.[0]
  return literal === undefined ? /^(?!required)./ : new RegExp(`^\`${escape(literal)}\``)
}

/** The value of an option in the object of defaults that a file has; undefined where it has none. */
function filledIn(source: ts.SourceFile, name: string): unknown {
  const objects = source.statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .filter((each) => ts.isIdentifier(each.name) && each.name.text.endsWith('DEFAULTS'))
  const values = objects.map(({ initializer }) => valueOf(initializer) as Readonly<Record<string, unknown>>)
  return values.find((defaults) => Object.hasOwn(defaults, name))?.[name]
}

/** The value of an expression of literals and constants; undefined for any other. */
function valueOf(node: ts.Node | undefined): unknown {
  if (node === undefined) return undefined
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return valueOf(node.expression)
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isStringLiteral(node)) return node.text
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false
  if (ts.isBinaryExpression(node)) return Number(valueOf(node.left)) * Number(valueOf(node.right))
  if (ts.isIdentifier(node) && node.text === 'Infinity') return Infinity
  if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) return valueOf(initializerOf(node))
  if (!ts.isObjectLiteralExpression(node)) return undefined
  const entries = node.properties.flatMap((each): [string, unknown][] => {
    if (ts.isSpreadAssignment(each)) return Object.entries(valueOf(each.expression) as object)
    return ts.isPropertyAssignment(each) ? [[each.name.getText(), valueOf(each.initializer)]] : []
  })
  return Object.fromEntries(entries)
}

/** What a constant, or a property of one, was set to. */
function initializerOf(node: ts.Expression): ts.Node | undefined {
  const symbol = checker.getSymbolAtLocation(node)
  const isImport = ((symbol?.flags ?? 0) & ts.SymbolFlags.Alias) !== 0
  const { valueDeclaration } = (isImport ? checker.getAliasedSymbol(symbol as ts.Symbol) : symbol) ?? {}
  const isConstant =
    valueDeclaration && (ts.isVariableDeclaration(valueDeclaration) || ts.isPropertyAssignment(valueDeclaration))
  return isConstant ? valueDeclaration.initializer : undefined
}

function escape(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
