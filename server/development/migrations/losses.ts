/**
 * Lists the data that a script of Prisma's engine deletes, or that could make it fail, one line each. It expects the
 * form of the engine's SQL, in which each clause of ALTER TABLE is on its own line; it does not parse SQL.
 */
export function describeLosses(sql: string): string[] {
  let table = ''
  return sql.split('\n').flatMap((line) => {
    table = /^ALTER TABLE "([^"]+)"/.exec(line)?.[1] ?? table
    return describeLine(line, table)
  })
}

function describeLine(line: string, table: string): string[] {
  return losses.flatMap(({ pattern, describe }) => {
    const match = pattern.exec(line)
    return match ? [describe(match[1] ?? '', table)] : []
  })
}

const losses: { pattern: RegExp; describe: (name: string, table: string) => string }[] = [
  { pattern: /^DROP TABLE "([^"]+)"/, describe: (name) => `drops the table "${name}" with its rows` },
  {
    pattern: /\bDROP COLUMN "([^"]+)"/,
    describe: (name, table) => `drops the column "${name}" of "${table}" with its values`,
  },
  {
    pattern: /^CREATE TYPE "([^"]+)_new" AS ENUM/,
    describe: (name) => `removes values of the enum "${name}"; it fails if rows use them`,
  },
  {
    pattern: /\bALTER COLUMN "([^"]+)" SET DATA TYPE/,
    describe: (name, table) => `changes the type of "${name}" of "${table}"; values may be truncated or rejected`,
  },
  {
    pattern: /\bALTER COLUMN "([^"]+)" SET NOT NULL/,
    describe: (name, table) => `makes "${name}" of "${table}" required; it fails if rows have no value`,
  },
  {
    pattern: /\bADD COLUMN\s+"([^"]+)"(?=.*\bNOT NULL\b)(?!.*\bDEFAULT\b)/,
    describe: (name, table) => `adds the required column "${name}" to "${table}"; it fails if the table has rows`,
  },
  {
    pattern: /^CREATE UNIQUE INDEX "([^"]+)"/,
    describe: (name) => `adds the unique index "${name}"; it fails if values are not unique`,
  },
]
