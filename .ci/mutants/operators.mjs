// The operators of random mutants. Texts (messages, summaries, descriptions) are not changed, because no test should
// depend on them.
import { mutant, transactionSwaps, walk } from './syntax.mjs'

const swaps = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '&&': '||',
  '||': '&&',
}
const prose = /^(message|summary|description|title|hint|remedy|reason|name)$/

/** @returns all mutants of the file by the operators */
export function findRandom(source) {
  const found = transactionSwaps(source)
  walk(source.program, (node, ancestors) => {
    const parent = ancestors.at(-1)
    for (const [kind, place, replacement] of mutationsOf(source, node, parent, ancestors)) {
      found.push(mutant(source, kind, place, replacement))
    }
  })
  return found
}

function mutationsOf(source, node, parent, ancestors) {
  switch (node.type) {
    case 'IfStatement':
      return [
        ['negate', node.test, `!(${textOf(source, node.test)})`],
        ...(node.alternate ? [] : [['remove', node, '{}']]),
      ]
    case 'ConditionalExpression':
    case 'WhileStatement':
      return [['negate', node.test, `!(${textOf(source, node.test)})`]]
    case 'ExpressionStatement':
      return node.directive ? [] : [['remove', node, '{}']]
    case 'BinaryExpression':
    case 'LogicalExpression':
      return swapOperator(source, node)
    case 'ArrayExpression':
      return node.elements.length > 0 && !isProse(ancestors) ? [['empty', node, '[]']] : []
    case 'Literal':
      return isValue(node, parent) && !isProse(ancestors) ? replaceConstant(node) : []
    default:
      return []
  }
}

function swapOperator({ text }, { operator, left, right }) {
  const other = swaps[operator]
  const start = text.indexOf(operator, left.end)
  return other && start < right.start ? [['operator', { start, end: start + operator.length }, other]] : []
}

function replaceConstant(node) {
  if (typeof node.value === 'number') {
    return [
      ['constant', node, String(node.value + 1)],
      ['constant', node, String(node.value === 0 ? 7 : node.value * 10)],
    ]
  }
  if (typeof node.value === 'boolean') return [['constant', node, String(!node.value)]]
  return typeof node.value === 'string' && node.value ? [['constant', node, "''"]] : []
}

function isValue(node, parent) {
  if (!parent || parent.type.startsWith('TS')) return false
  const isKey = parent.type === 'Property' && parent.key === node
  return !isKey && !/^(Import|Export)/.test(parent.type) && parent.type !== 'ExpressionStatement'
}

function isProse(ancestors) {
  return ancestors.some(
    (node) =>
      (node.type === 'Property' && prose.test(node.key.name ?? '')) ||
      (node.type === 'CallExpression' &&
        /^(log|console|describe|meta)$/.test(node.callee.object?.name ?? node.callee.object?.property?.name ?? '')) ||
      (node.type === 'NewExpression' && (node.callee.name ?? '').endsWith('Error')),
  )
}

function textOf({ text }, { start, end }) {
  return text.slice(start, end)
}
