import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import type { ITXClientDenyList } from '@prisma/client/runtime/client'
import type { SqlQuery } from '@prisma/driver-adapter-utils'
import type { PoolConfig } from 'pg'
import type { Logger } from '../logger.js'
import { PrismaClient } from './generated/client.js'
import { softDelete } from './soft-delete.js'

/** The Prisma client as services get it: secrets left out of every row, soft-deleted rows hidden. */
export type Database = ReturnType<typeof createDatabase>

/** The client inside `db.$transaction(async (tx) => ...)`. */
export type Transaction = Omit<Database, ITXClientDenyList>

/** Either of the two, for code that works in and out of a transaction. */
export type Db = Database | Transaction

interface DatabaseOptions {
  url: string
  poolMax: number
  log: Logger
  /** Told of each statement that is sent; the suite's recorder listens here. */
  onStatement?: (sql: string) => void
}

// Past these a request gets 503 and the connection is free again (security.md S42); in milliseconds.
const timeouts = {
  connectionTimeoutMillis: 2_000,
  idleTimeoutMillis: 300_000,
  statement_timeout: 5_000,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 10_000,
} satisfies PoolConfig

// The adapter writes times without their offset, so that a session in another zone would store them shifted.
const utc = '-c TimeZone=UTC'

/**
 * Opens the connection pool. Connections are made when they are needed, so this succeeds without a database.
 *
 * @param url a `postgresql://` URL
 * @param poolMax the most connections that this process holds
 */
export function createDatabase({ url, poolMax, log, onStatement }: DatabaseOptions) {
  const onError = (err: Error) => log.warn({ err }, 'a database connection was lost')
  const adapter = new PrismaPg(
    { connectionString: url, max: poolMax, options: utc, ...timeouts },
    { statementNameGenerator: nameStatements(), onPoolError: onError, onConnectionError: onError },
  )
  const client = new PrismaClient({
    adapter,
    // Longer forms put the arguments, and with them hashes and addresses, into messages that are logged.
    errorFormat: 'minimal',
    log: [{ emit: 'event', level: 'query' }],
    transactionOptions: { maxWait: 2_000, timeout: 10_000 },
    omit: {
      user: { passwordHash: true },
      session: { refreshTokenHash: true },
      registration: { passwordHash: true },
      mailToken: { tokenHash: true },
    },
    ...(onStatement && { comments: [({ query }) => ({ action: query.type === 'single' ? query.action : 'batch' })] }),
  })
  if (onStatement) client.$on('query', (event) => onStatement(event.query))
  return client.$extends(softDelete(client))
}

/** Connects ahead of the first requests, so that a burst of them does not wait for it; failures show in those. */
export async function openConnections(db: Database, count: number): Promise<void> {
  await Promise.allSettled(Array.from({ length: count }, () => db.$queryRaw`SELECT 1`))
}

const namedStatementsMax = 500

// Prepared statements live as long as their connection, so texts past a bound, such as long IN lists, go unnamed.
function nameStatements(): (query: SqlQuery) => string {
  const names = new Map<string, string>()
  return ({ sql }) => {
    const known = names.get(sql)
    if (known !== undefined) return known
    if (names.size >= namedStatementsMax) return ''
    const name = createHash('sha256').update(sql).digest('base64url').slice(0, 32)
    names.set(sql, name)
    return name
  }
}
