// Common code for finding mutants: walking a syntax tree, and creating a mutant at a node.
import { parseSync } from 'oxc-parser'

const castTypes = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSInstantiationExpression',
])

/** Visits each node that is executed (types are not), with its ancestors, the innermost last. */
export function walk(node, visit, ancestors = []) {
  if (node.type.startsWith('TS') && !castTypes.has(node.type)) return
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return
  visit(node, ancestors)
  const inner = [...ancestors, node]
  for (const [key, value] of Object.entries(node)) {
    if (key === 'typeAnnotation' || key === 'typeArguments' || key === 'returnType' || key === 'typeParameters')
      continue
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') walk(child, visit, inner)
    }
  }
}

/** Creates a mutant: a range of a file, and its replacement. */
export function mutant({ file, text }, kind, { start, end }, replacement) {
  return { kind, file, line: text.slice(0, start).split('\n').length, start, end, replacement }
}

/** The text of the file with the mutation. */
export function mutate(text, { start, end, replacement }) {
  return text.slice(0, start) + replacement + text.slice(end)
}

/** The lines that a mutation changes, before and after. */
export function changedLines(text, { start, end, replacement }) {
  const from = text.lastIndexOf('\n', start - 1) + 1
  const until = text.indexOf('\n', end) < 0 ? text.length : text.indexOf('\n', end)
  const before = text.slice(from, until).trim()
  const after = (text.slice(from, start) + replacement + text.slice(end, until)).trim()
  return { before, after }
}

export function isValid({ file, text }, candidate) {
  return parseSync(file, mutate(text, candidate)).errors.length === 0
}

/** The name of a called function: `lockPost(...)`, `limits.charge(...)`. */
export function calleeName(node) {
  const call = node?.type === 'AwaitExpression' ? node.argument : node
  const callee =
    call?.type === 'CallExpression' ? call.callee : call?.type === 'TaggedTemplateExpression' ? call.tag : null
  return callee?.name ?? callee?.property?.name ?? ''
}

/** The uses of `tx` inside of `db.$transaction(async (tx) => ...)`, to be replaced by `db`. */
export function transactionSwaps(source) {
  const found = []
  walk(source.program, (node) => {
    if (node.type !== 'CallExpression' || node.callee.property?.name !== '$transaction') return
    const [work] = node.arguments
    const name = work?.params?.[0]?.name
    if (!name) return
    const outside = source.text.slice(node.callee.object.start, node.callee.object.end)
    walk(work.body, (inner, ancestors) => {
      if (inner.type !== 'Identifier' || inner.name !== name || isName(inner, ancestors.at(-1))) return
      const isShort = ancestors.at(-1)?.type === 'Property' && ancestors.at(-1).shorthand
      found.push(mutant(source, 'transaction', inner, isShort ? `${name}: ${outside}` : outside))
    })
  })
  return found
}

// The word after a dot or before a colon is a name, not a use.
function isName(node, parent) {
  if (parent?.type === 'MemberExpression') return parent.property === node && !parent.computed
  return parent?.type === 'Property' && parent.key === node && !parent.shorthand
}
