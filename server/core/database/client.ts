import type { ITXClientDenyList } from '@prisma/client/runtime/client'
import { PrismaClient } from '../../generated/client.js'
import { createAdapter } from './adapter.js'
import { runAgain } from './errors.js'
import type { ConnectionPool } from './pool.js'
import { softDelete } from './soft-delete.js'

/** The Prisma client that services use. It omits secrets from every row and hides soft-deleted rows. */
export type Database = ReturnType<typeof createDatabase>

/** The client inside `db.$transaction(async (tx) => ...)`. A {@link Database} is none: it would commit by itself. */
export type Transaction = Omit<Database, ITXClientDenyList> & { $connect?: never }

/** Either of the two, for code that works in and out of a transaction. */
export type Db = Database | Transaction

interface DatabaseOptions {
  /** The connection pool. `$disconnect` closes it. */
  pool: ConnectionPool
  /** Called for each statement that is sent. The recorder of the tests uses it. */
  onStatement?: (sql: string) => void
}

/** Makes the client. Connections are made when they are needed, so this succeeds without a database. */
export function createDatabase({ pool, onStatement }: DatabaseOptions) {
  const client = new PrismaClient({
    adapter: createAdapter(pool),
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
  return repeatTransactions(client.$extends(softDelete(client)))
}

/**
 * Makes `$transaction` run its work again when it lost a deadlock or a race, or met a plan that is out of date. The
 * work must have no effect outside of the transaction that a second run would double.
 */
function repeatTransactions<T extends { $transaction(work: never, options: never): Promise<unknown> }>(client: T): T {
  const begin = client.$transaction.bind(client)
  return Object.assign(client, { $transaction: (work: never, options: never) => runAgain(() => begin(work, options)) })
}
