import type { ITXClientDenyList } from '@prisma/client/runtime/client'
import { PrismaClient } from '../../generated/client.js'
import { createAdapter } from './adapter.js'
import { runAgain } from './errors.js'
import type { ConnectionPool } from './pool.js'
import { createReader } from './prepared-reads.js'
import { softDelete } from './soft-delete.js'

/** The Prisma client for services. It omits secrets from every row and hides soft-deleted rows. */
export type Database = ReturnType<typeof createDatabase>

/**
 * The client inside `db.$transaction(async (tx) => ...)`. A {@link Database} is not assignable, because it would commit
 * each statement.
 */
export type Transaction = Omit<Database, ITXClientDenyList | '$rows'> & { $connect?: never }

/** Either of the two, for code that also works outside of a transaction. */
export type Db = Database | Transaction

interface DatabaseOptions {
  /** The connection pool. `$disconnect` closes it. */
  pool: ConnectionPool
  /** Called for each statement that is sent, for the statement recorder of the tests. */
  onStatement?: ((sql: string) => void) | undefined
}

/** Creates the client. It connects when necessary, so this succeeds without a database. */
export function createDatabase({ pool, onStatement }: DatabaseOptions) {
  const client = new PrismaClient({
    adapter: createAdapter(pool),
    // Longer formats contain the arguments, and so hashes and addresses, which would be logged.
    errorFormat: 'minimal',
    transactionOptions: { maxWait: 2_000, timeout: 10_000 },
    omit: {
      user: { passwordHash: true },
      session: { refreshTokenHash: true },
      registration: { passwordHash: true },
      mailToken: { tokenHash: true },
      idempotencyKey: { inputHash: true },
      apiKey: { keyHash: true },
    },
    // Prisma only makes events of its queries if it is told to, because they cost time.
    log: onStatement ? [{ emit: 'event' as const, level: 'query' as const }] : [],
    ...(onStatement && { comments: [({ query }) => ({ action: query.type === 'single' ? query.action : 'batch' })] }),
  })
  if (onStatement) client.$on('query', (event) => onStatement(event.query))
  const guarded = repeatTransactions(client.$extends(softDelete(client)))
  return Object.assign(guarded, { $rows: createReader({ pool, onStatement }) })
}

/**
 * Repeats the work of a `$transaction` that failed because of a deadlock, a conflict or an outdated plan. The work must
 * have no other effects than those of the transaction.
 */
function repeatTransactions<T extends { $transaction(work: never, options: never): Promise<unknown> }>(client: T): T {
  const begin = client.$transaction.bind(client)
  return Object.assign(client, { $transaction: (work: never, options: never) => runAgain(() => begin(work, options)) })
}
