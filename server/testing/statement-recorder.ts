import { softDeletedModels } from '../core/database/prepared-reads.js'
import { isUntimed, models, unindexed, unindexedColumns } from './schema-rules.js'

/** Records the statements of an app, and finds those that violate a rule on data. */
export interface StatementRecorder {
  onStatement: (sql: string) => void
  readonly statements: readonly string[]
  /** @throws Error that lists every read that could return a soft-deleted row */
  assertGuarded(): void
  /** @throws Error that lists every column that is filtered or ordered by without an index */
  assertIndexed(): void
  /** @throws Error that lists every update that does not change `updatedAt` */
  assertTimed(): void
}

export function createStatementRecorder(): StatementRecorder {
  const statements: string[] = []
  return {
    onStatement: (sql) => void statements.push(sql),
    statements,
    assertGuarded: () => assertNone(statements, unguardedTables, 'These statements read soft-deleted rows'),
    assertIndexed: () =>
      assertNone(
        statements,
        (sql) => unindexedColumns(sql, models).filter((column) => !(column in unindexed)),
        'These columns need an index in schema.prisma, or a reason in testing/schema-rules.ts',
      ),
    assertTimed: () =>
      assertNone(
        statements,
        (sql) => (isUntimed(sql, models) ? ['updatedAt'] : []),
        'These statements forget a column',
      ),
  }
}

function assertNone(statements: readonly string[], faultsOf: (sql: string) => string[], title: string): void {
  const lines = [...new Set(statements)].flatMap((sql) => {
    const faults = faultsOf(sql)
    return faults.length > 0 ? [`${faults.join(', ')}: ${sql}`] : []
  })
  if (lines.length > 0) throw new Error(`${title}:\n${lines.join('\n')}`)
}

/**
 * The soft-deletable tables that a statement reads without a condition on their `deletedAt`. A row that is looked up by
 * its id for another row counts as guarded when the same foreign key is filtered under a second name: Prisma joins the
 * condition on `post.author` beside its columns. Writes are not reads; neither is what Prisma sends to hand back the row
 * that a create or an update has just written.
 */
export function unguardedTables(sql: string): string[] {
  if (!/\bselect\b/i.test(sql) || /^\s*insert\b/i.test(sql) || isReadBack(sql) || isBareLock(sql)) return []
  return softDeletedModels.filter((table) => {
    const reads = readsOf(sql, table).map((names) => ({
      names,
      isFiltered: names.some((name) => isFiltered(sql, name)),
    }))
    const filtered = reads.filter((read) => read.isFiltered).flatMap(({ names }) => keysOf(sql, names))
    return reads.some((read) => {
      const keys = keysOf(sql, read.names)
      return !read.isFiltered && (keys.length === 0 || !keys.every((key) => filtered.includes(key)))
    })
  })
}

// A lock that returns no column tells nothing of a row; what is read behind it is a statement of its own.
function isBareLock(sql: string): boolean {
  return /^\s*select\s+from\s+"\w+"\s+where\s+"id" = \$1::uuid\s+for (no key )?update\b/i.test(sql)
}

function isReadBack(sql: string): boolean {
  return /action='(create|update|upsert)/.test(sql)
}

// Each occurrence of the table, with its aliases there: its own, and those of the surrounding subqueries.
function readsOf(sql: string, table: string): string[][] {
  const pattern = new RegExp(`\\b(?:from|join)\\s+(?:"\\w+"\\.)?"${table}"(?:\\s+(?:as\\s+)?("?\\w+"?))?`, 'gi')
  return [...sql.matchAll(pattern)].map(({ index, 1: alias }) => {
    const isKeyword = alias && /^(where|on|left|inner|join|order|limit|for|group|set|cross|using|offset)$/i.test(alias)
    return [alias && !isKeyword ? alias.replaceAll('"', '') : table, ...enclosingAliases(sql, index)]
  })
}

// A LATERAL subquery belongs to another row, so the aliases outside of it do not refer to the table.
function enclosingAliases(sql: string, index: number): string[] {
  const open = openingParenthesis(sql, index)
  if (open < 0 || /\blateral\s*$/i.test(sql.slice(0, open))) return []
  const alias = /^\)\s+as\s+"(\w+)"/i.exec(sql.slice(closingParenthesis(sql, index)))?.[1]
  return alias ? [alias, ...enclosingAliases(sql, open)] : []
}

function openingParenthesis(sql: string, from: number): number {
  for (let at = from - 1, depth = 0; at >= 0; at--) {
    if (sql[at] === ')') depth++
    else if (sql[at] === '(' && depth-- === 0) return at
  }
  return -1
}

function closingParenthesis(sql: string, from: number): number {
  for (let at = from, depth = 0; at < sql.length; at++) {
    if (sql[at] === '(') depth++
    else if (sql[at] === ')' && depth-- === 0) return at
  }
  return sql.length
}

function isFiltered(sql: string, name: string): boolean {
  return new RegExp(`"?\\b${name}"?\\."deletedAt"\\s+is\\s+(not\\s+)?null`, 'i').test(sql)
}

/** The foreign keys by which a table is looked up under its own name, such as `Post.authorId`. */
function keysOf(sql: string, [name]: readonly string[]): string[] {
  const id = `"${name}"\\."id"\\)?`
  const foreignKey = '\\(?(?:"\\w+"\\.)?"(\\w+)"\\."(\\w+Id)"\\)?'
  const pattern = new RegExp(`${id}\\s*=\\s*${foreignKey}|${foreignKey}\\s*=\\s*\\(?(?:"\\w+"\\.)?${id}`, 'g')
  return [...sql.matchAll(pattern)].map(([, alias, column, otherAlias, otherColumn]) => {
    return `${tableOf(sql, alias ?? otherAlias ?? '')}.${column ?? otherColumn}`
  })
}

/** The table behind an alias, also where it is that of a subquery; the alias itself if there is none. */
function tableOf(sql: string, alias: string): string {
  const named = new RegExp(`(?:from|join)\\s+(?:"\\w+"\\.)?"(\\w+)"\\s+(?:as\\s+)?"?${alias}"?\\b`, 'i').exec(sql)?.[1]
  if (named) return named
  const end = new RegExp(`\\)\\s+as\\s+"${alias}"`, 'i').exec(sql)?.index
  const inner = end === undefined ? '' : sql.slice(openingParenthesis(sql, end), end)
  return /\bfrom\s+(?:"\w+"\.)?"(\w+)"/i.exec(inner)?.[1] ?? alias
}
