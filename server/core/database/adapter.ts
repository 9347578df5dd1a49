import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlQuery, SqlQueryable } from '@prisma/driver-adapter-utils'
import { runAgain } from './errors.js'
import type { ConnectionPool } from './pool.js'
import { nameStatements } from './statement-names.js'

/**
 * Prisma's adapter on the pool of this process. Outside of a transaction, a statement runs again if it lost a conflict
 * or met an outdated plan or session, and a read also if the server has ended its connection. Inside of a transaction
 * it fails, and the whole transaction runs again (see client.ts).
 */
export function createAdapter(pool: ConnectionPool): PrismaPg {
  const nameOf = nameStatements()
  const factory = new PrismaPg(pool, {
    schema: 'public',
    statementNameGenerator: ({ sql }) => (pool.keepsNames ? nameOf(sql) : ''),
    disposeExternalPool: true,
  })
  const connect = factory.connect.bind(factory)
  return Object.assign(factory, {
    connect: async () => {
      const adapter = await connect()
      const begin = adapter.startTransaction.bind(adapter)
      const startTransaction: typeof begin = async (level) => wrap(await begin(level), (send) => pool.watch(send))
      return Object.assign(
        wrap(adapter, (send, { sql }) => runAgain(() => pool.watch(send), isRead(sql))),
        { startTransaction },
      )
    },
  })
}

const isRead = (sql: string) => /^\s*SELECT\b/.test(sql)

function wrap<T extends SqlQueryable>(
  queryable: T,
  around: <R>(send: () => Promise<R>, query: SqlQuery) => Promise<R>,
): T {
  const queryRaw = queryable.queryRaw.bind(queryable)
  const executeRaw = queryable.executeRaw.bind(queryable)
  return Object.assign(queryable, {
    queryRaw: (query: SqlQuery) => around(() => queryRaw(query), query),
    executeRaw: (query: SqlQuery) => around(() => executeRaw(query), query),
  })
}
