import type { Statement } from '../../core/database/migrations/statements.js'

/** What a statement does that may stop requests, or that the release before does not expect. */
export interface UnsafeStatement {
  rule: string
  explanation: string
  statement: Statement
}

/** Finds the unsafe statements for which Squawk has no rule. */
export function findByOurRules(statements: readonly Statement[]): UnsafeStatement[] {
  return [...findByWords(statements), ...findByTransaction(statements)]
}

const rules: { rule: string; pattern: RegExp; explanation: string }[] = [
  {
    rule: 'renaming-enum-value',
    pattern: /^ALTER\s+TYPE\b[^]*\bRENAME\s+VALUE\b/i,
    explanation: 'The release before reads and writes the old value. Add the new value, and change the rows later.',
  },
  {
    rule: 'renaming-type',
    pattern: /^ALTER\s+(TYPE|DOMAIN)\b[^]*\bRENAME\s+TO\b/i,
    explanation: 'Statements of the release before name the type. Also, the values of an enum are removed in this way.',
  },
  {
    rule: 'moving-to-another-schema',
    pattern: /^ALTER\b[^]*\bSET\s+SCHEMA\b/i,
    explanation: 'The release before does not find it any more.',
  },
  {
    rule: 'dropping-more',
    pattern: /^DROP\s+(TYPE|DOMAIN|SCHEMA|OWNED|VIEW|MATERIALIZED|SEQUENCE|FUNCTION|EXTENSION)\b/i,
    explanation: 'The release before may use it. Drop it in the release after the one that stops using it.',
  },
  {
    rule: 'truncating',
    pattern: /^TRUNCATE\b/i,
    explanation: 'All rows are lost, and requests wait until the transaction ends.',
  },
  {
    rule: 'locking-a-table',
    pattern: /^LOCK\b/i,
    explanation: 'Requests that need the table wait until the transaction ends.',
  },
  {
    rule: 'rewriting-a-table',
    pattern:
      /^(CLUSTER|VACUUM\b[^]*\bFULL)\b|^ALTER\s+TABLE\b[^]*\bSET\s+(UNLOGGED|LOGGED|TABLESPACE|ACCESS\s+METHOD)\b/i,
    explanation: 'Requests that need the table wait while PostgreSQL writes it again.',
  },
  {
    rule: 'changing-every-row',
    pattern: /^(WITH\b[^]*\b)?(UPDATE|DELETE\s+FROM)\b(?![^]*\bWHERE\b)/i,
    explanation: 'The changed rows stay locked until all are changed. Change them in batches, outside of a migration.',
  },
  {
    rule: 'unjudged-code',
    pattern: /^(DO|CALL)\b/i,
    explanation: 'The code inside is not judged. Write its statements into the migration itself.',
  },
]

function findByWords(statements: readonly Statement[]): UnsafeStatement[] {
  return statements.flatMap((statement) =>
    rules
      .filter(({ pattern }) => pattern.test(statement.words.trimStart()))
      .map(({ rule, explanation }) => ({ rule, explanation, statement })),
  )
}

const notAlone =
  'The statements of a file run in one transaction, in which PostgreSQL refuses CONCURRENTLY. Give it a file of its own.'
const validatedAtOnce =
  'The lock of NOT VALID stays until the transaction ends, and so while the rows are read. Validate in another migration.'

/** What depends on the statements that run in the same transaction. */
function findByTransaction(statements: readonly Statement[]): UnsafeStatement[] {
  const found = (statement: Statement, rule: string, explanation: string) => [{ statement, rule, explanation }]
  let isAdded = false
  return statements.flatMap((statement) => {
    const { words } = statement
    if (/^\s*(COMMIT|END)\b/i.test(words)) isAdded = false
    if (/\bNOT\s+VALID\b/i.test(words)) isAdded = true
    if (/\bCONCURRENTLY\b/i.test(words) && statements.length > 1) {
      return found(statement, 'concurrently-in-a-transaction', notAlone)
    }
    if (isAdded && /\bVALIDATE\s+CONSTRAINT\b/i.test(words)) {
      return found(statement, 'validating-in-the-same-transaction', validatedAtOnce)
    }
    return []
  })
}
