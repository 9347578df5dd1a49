// Finds the code that protects the rows of users, by patterns: conditions, transactions, locks, guards.
import { calleeName, mutant, transactionSwaps, walk } from './syntax.mjs'

const columns =
  'authorId|ownerId|userId|actorId|sessionId|deletedAt|disabledAt|erasedAt|revokedAt|usedAt|emailVerifiedAt|role|status|visibility'
const conditionName = new RegExp(`^(${columns}|AND|OR|NOT)$`)
const spreadName = /visib|own|scope|active|reach|actor|delet/i
const holderName = /^(where|select\w*Where|\w*(visib|scope|condition|active|where)\w*)$/i
const sqlCondition = new RegExp(
  `(\\w+\\.)?"(${columns})" *(IS NOT NULL|IS NULL|(=|<>) *('\\w+'|\\$\\{[^}]*\\})(::"?\\w+"?)?)`,
  'g',
)
const sqlLock = /FOR (NO KEY )?UPDATE( OF \w+)?/g
const decision = /\b(role|reach|authorId|userId|ownerId|disabledAt|deletedAt)\b/
const guardCall = /^(assert|refuse|require|ensure|check|charge)([A-Z]|$)/
const lockCall = /^lock[A-Z]/
const predicateName = /^(is|may|has|can)[A-Z]/
const asked = /\b(is|may|has|can)[A-Z]/
const typeTest = /\btypeof\b|\binstanceof\b|\bisArray\b|\bisRecord\b/

/** @returns mutants of the file, each without a condition, a transaction, a lock or a guard */
export function findGuards(source) {
  const found = transactionSwaps(source)
  walk(source.program, (node, ancestors) => {
    found.push(
      ...conditionMutants(source, node, ancestors),
      ...sqlMutants(source, node),
      ...decisionMutants(source, node),
      ...statementMutants(source, node, ancestors),
      ...operandMutants(source, node, ancestors),
    )
  })
  return found
}

function conditionMutants(source, node, ancestors) {
  if (!isPart(node) || !isInCondition(source, ancestors)) return []
  const name = node.type === 'Property' ? (node.key.name ?? node.key.value) : ''
  if (node.type === 'SpreadElement') {
    return spreadName.test(textOf(source, node)) ? [mutant(source, 'condition', withComma(source, node), '')] : []
  }
  if (!conditionName.test(name)) return []
  return [
    mutant(source, 'condition', withComma(source, node), ''),
    mutant(source, 'condition', node, `${name}: undefined`),
  ]
}

function isPart({ type }) {
  return type === 'Property' || type === 'SpreadElement'
}

// A part of `{ where: { ... } }`, or of an object that has the name of a condition or is used as one.
function isInCondition(source, ancestors) {
  const around = ancestors.toReversed().find(({ type, id, key }) => {
    const name = type === 'Property' ? (key.name ?? key.value) : ''
    return /^(data|select|include|omit|orderBy|params)$/.test(name) || isHolder(source, name || (id?.name ?? ''))
  })
  if (!around || ancestors.at(-1)?.type !== 'ObjectExpression') return false
  return isHolder(source, around.key?.name ?? around.id?.name ?? '')
}

function isHolder({ text }, name) {
  return holderName.test(name) || (name !== '' && new RegExp(`\\bwhere: (\\{[^}]*\\.\\.\\.)?${name}\\b`).test(text))
}

function sqlMutants(source, node) {
  if (node.type !== 'TemplateLiteral' || !/\b(SELECT|WHERE|AND|UPDATE)\b/.test(textOf(source, node))) return []
  const matches = (pattern) => [...textOf(source, node).matchAll(pattern)]
  const place = ({ index, 0: { length } }) => ({ start: node.start + index, end: node.start + index + length })
  // In the list of columns that an UPDATE sets, `=` is no condition but in a CASE.
  const isCondition = ({ index }) =>
    !/\bSET\s((?!\bWHEN\b)[^])*$/.test(textOf(source, node).slice(0, index).split('WHERE').at(-1))
  return [
    ...matches(sqlCondition)
      .filter(isCondition)
      .map((match) => mutant(source, 'condition', place(match), 'TRUE')),
    ...matches(sqlLock).map((match) => mutant(source, 'lock', place(match), '')),
  ]
}

function decisionMutants(source, node) {
  if (node.type !== 'ConditionalExpression' || !decision.test(textOf(source, node.test))) return []
  return ['true', 'false'].map((value) => mutant(source, 'condition', node.test, value))
}

// A block, because the compiler rejects `if (...) ;`.
function statementMutants(source, node, ancestors) {
  if (node.type === 'IfStatement' && !node.alternate && throws(node.consequent)) {
    return [mutant(source, 'guard', node, '{}')]
  }
  if (node.type !== 'ExpressionStatement') return []
  if (isLock(source, node)) return [mutant(source, 'lock', node, '{}')]
  const isStatement = ancestors.at(-1)?.type !== 'ArrowFunctionExpression'
  return isStatement && guardCall.test(calleeName(node.expression)) ? [mutant(source, 'guard', node, '{}')] : []
}

function isLock(source, node) {
  return lockCall.test(calleeName(node.expression)) || /pg_advisory\w*lock/.test(textOf(source, node))
}

// Each part of what decides: of the test before a refusal, and of what a function that asks something gives.
function operandMutants(source, node, ancestors) {
  if (node.type === 'IfStatement') return node.alternate ? [] : dropOperands(source, node.test, node.consequent)
  if (node.type !== 'ReturnStatement' || !node.argument) return []
  const around = ancestors.findLast(({ type }) => /^(Function|ArrowFunction)/.test(type))
  return predicateName.test(around?.id?.name ?? '') ? dropOperands(source, node.argument, null) : []
}

function dropOperands(source, test, consequent) {
  if (test.type !== 'LogicalExpression' || test.operator === '??' || typeTest.test(textOf(source, test))) return []
  if (consequent && !(refuses(source, test, consequent) && test.operator === '||')) return []
  const isSame = (node) => node.type === 'LogicalExpression' && node.operator === test.operator
  return [
    mutant(source, 'condition', test, textOf(source, test.left)),
    ...(isSame(test.left)
      ? dropOperands(source, test.left, consequent)
      : [mutant(source, 'condition', test, textOf(source, test.right))]),
  ]
}

function throws(node) {
  return lastOf(node)?.type === 'ThrowStatement'
}

function refuses(source, test, node) {
  const last = lastOf(node)
  if (last?.type !== 'ReturnStatement') return last?.type === 'ThrowStatement'
  const { argument } = last
  if (!argument) return decision.test(textOf(source, test)) || asked.test(textOf(source, test))
  return [null, false].includes(argument.value) || /^(refuse|end)/.test(calleeName(argument))
}

function lastOf(node) {
  return node.type === 'BlockStatement' ? node.body.at(-1) : node
}

function textOf({ text }, { start, end }) {
  return text.slice(start, end)
}

function withComma({ text }, { start, end }) {
  return { start, end: end + (/^\s*,/.exec(text.slice(end))?.[0].length ?? 0) }
}
