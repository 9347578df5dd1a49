import { readFileSync } from 'node:fs'
import { findPrismaFile } from '../core/database/migrations/folder.js'
import { type Field, type Index, type Model, readModels } from './prisma-schema.js'
import { readTableUses, type TableUse } from './statement-columns.js'

/** The models of this repository. */
export const models: readonly Model[] = readModels(readFileSync(findPrismaFile('schema.prisma'), 'utf8'))

/**
 * Columns in filters or orders that need no index, by `Model.column`, each with the reason: another condition of the
 * statement has found the rows through an index.
 */
export const unindexed: Readonly<Record<string, string>> = {
  'IdempotencyKey.answer': 'an account is erased rarely, and keys are kept for a day',
  'IdempotencyKey.key': 'the cleanup deletes by the whole primary key',
  'IdempotencyKey.procedure': 'the cleanup deletes by the whole primary key',
  'IdempotencyKey.createdAt': 'an export reads the keys of one account, which are kept for a day',
  'MailToken.kind': 'a user or registration has a handful of links, which the index on its id finds',
  'MailToken.usedAt': 'a user or registration has a handful of links, which the index on its id finds',
  'MailToken.email': 'a user has a handful of links, which the index on userId finds',
  'MailToken.createdAt': 'a user has a handful of links, which the index on userId finds',
  'OutboxMail.template': 'a user or an address has a handful of mails, which the indexes on userId and to find',
  'User.emailVerifiedAt': 'is looked at in admins, of whom there are few and whom the index on role finds',
  'User.passwordHash': 'is looked at in admins, of whom there are few and whom the index on role finds',
  'Post.listedAt': 'lists walk partial indexes, which explain.test.ts holds',
  'Session.createdAt': 'a user has at most a hundred living sessions, which the index on userId finds',
}

/** Columns that are named like a foreign key but have no relation, by `Model.column`, each with the reason. */
export const unrelated: Readonly<Record<string, string>> = {
  'AuditEvent.requestId': 'names a request, which is no row',
  'MailToken.sessionId': 'names the session to keep when the link is used, which may be gone by then',
  'OutboxMail.userId': 'The database generates it from the parameters of the mail, which name users that may be gone.',
}

/**
 * The faults of a schema: missing `createdAt` and `updatedAt` of a model, relation of a key, `onDelete` of a relation,
 * or index of a foreign key.
 */
export function schemaFaults(of: readonly Model[]): string[] {
  return of.flatMap((model) => [
    ...timestampFaults(model),
    ...keyFaults(model),
    ...model.fields.flatMap((field) => [...relationFaults(model, field), ...manyToManyFaults(of, model, field)]),
  ])
}

function timestampFaults({ name, fields }: Model): string[] {
  const attributes = (column: string) => fields.find((field) => field.name === column)?.attributes ?? ''
  return [
    ...(/@default\(now\(\)\)/.test(attributes('createdAt')) ? [] : [`${name} has no createdAt with @default(now())`]),
    ...(/@updatedAt\b/.test(attributes('updatedAt')) ? [] : [`${name} has no updatedAt with @updatedAt`]),
  ]
}

function keyFaults({ name, fields }: Model): string[] {
  const keys = fields.flatMap(keysOf)
  return fields
    .filter((field) => /\wId$/.test(field.name) && !keys.includes(field.name) && !unrelated[`${name}.${field.name}`])
    .map((field) => `${name}.${field.name} is the key of no relation; name one, or a reason in testing/schema-rules.ts`)
}

function keysOf({ attributes }: Field): string[] {
  return /@relation\(.*fields: \[([^\]]+)\]/.exec(attributes)?.[1]?.split(/,\s*/) ?? []
}

function relationFaults({ name, fields, indexes }: Model, field: Field): string[] {
  const keys = keysOf(field)
  if (keys.length === 0) return []
  const isIndexed = indexes.some(
    ({ columns, condition }) => condition === undefined && keys.every((key, place) => columns[place] === key),
  )
  const isSoftDeleted = fields.some((other) => other.name === 'deletedAt')
  return [
    ...(/onDelete:/.test(field.attributes) ? [] : [`${name}.${field.name} does not say onDelete`]),
    ...(isSoftDeleted && /onDelete: Cascade/.test(field.attributes)
      ? [`${name}.${field.name} would delete soft-deleted rows permanently; use onDelete: Restrict`]
      : []),
    ...(isIndexed ? [] : [`${name} has no index on ${keys.join(', ')}, the key of ${field.name}`]),
  ]
}

// Prisma would store the pairs in an implicit table, without times and without a choice of `onDelete`.
function manyToManyFaults(of: readonly Model[], { name }: Model, field: Field): string[] {
  const other = of.find((model) => model.name === field.type)
  if (!field.isList || !other) return []
  const back = other.fields.filter(({ type }) => type === name)
  return back.some(({ isList }) => !isList) ? [] : [`${name}.${field.name} needs a model for its pairs`]
}

/**
 * The columns, as `Model.column`, that a statement filters or orders by without an index. An index serves its first
 * column, and further ones if the statement compares all columns before them with `=`. A row found by a unique key
 * needs no other index. A partial index serves the columns of its own condition.
 */
export function unindexedColumns(sql: string, of: readonly Model[]): string[] {
  const columns = new Map(of.map(({ name, fields }) => [name, new Set(fields.map((field) => field.name))]))
  return readTableUses(sql, columns).flatMap((use) => {
    const model = of.find(({ name }) => name === use.table)
    return model ? unindexedOf(use, model).map((column) => `${model.name}.${column}`) : []
  })
}

function unindexedOf({ filters, orders }: TableUse, { indexes }: Model): string[] {
  const filtered = new Set(filters.map(({ column }) => column))
  const equal = new Set(filters.filter(({ isEquality }) => isEquality).map(({ column }) => column))
  const usable = indexes.filter(({ condition = [] }) => condition.every((column) => filtered.has(column)))
  if (usable.some(({ isUnique, columns }) => isUnique && columns.every((column) => equal.has(column)))) return []
  const ordered = new Set([...equal, ...orders])
  return [
    ...[...filtered].filter((column) => !usable.some((index) => serves(index, column, equal))),
    ...orders.filter((column) => !usable.some((index) => !index.isGin && serves(index, column, ordered))),
  ]
}

function serves({ columns, condition = [], isGin }: Index, column: string, before: ReadonlySet<string>): boolean {
  const place = columns.indexOf(column)
  if (place < 0) return condition.includes(column)
  return isGin || columns.slice(0, place).every((earlier) => before.has(earlier))
}

/** Whether a statement changes rows without changing `updatedAt`, as raw SQL may do. */
export function isUntimed(sql: string, of: readonly Model[]): boolean {
  const [, table, change = ''] = /^\s*UPDATE\s+(?:"\w+"\.)?"(\w+)"[^]*?\bSET\b([^]*?)(?:\bWHERE\b|$)/i.exec(sql) ?? []
  return of.some(({ name }) => name === table) && !change.includes('"updatedAt"')
}
