import { createHash } from 'node:crypto'

const namedStatementsMax = 500

/** The name of a statement: a digest of its text. */
export function nameOfStatement(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32)
}

/**
 * Creates the function that names the statements of Prisma, so that PostgreSQL prepares each once for a connection.
 * Prepared statements live as long as their connection, so after 500 texts, such as `IN` lists, others have no name.
 */
export function nameStatements(): (text: string) => string {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined) return known
    if (names.size >= namedStatementsMax) return ''
    const name = nameOfStatement(text)
    names.set(text, name)
    return name
  }
}
