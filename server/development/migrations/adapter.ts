import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { connectionOptions } from '../../core/database/connection-options.js'

/**
 * The access of Prisma's schema engine to PostgreSQL: Prisma's adapter for `pg`, with corrections that the catalogs
 * require.
 *
 * @returns the adapter, and a function that closes it
 */
export function createEngineAdapter(databaseUrl: string): { adapter: object; close: () => Promise<void> } {
  const pool = createEnginePool(databaseUrl)
  const factory = new PrismaPg(pool)
  const connect = factory.connect.bind(factory)
  const adapter = bindMigrationAwareSqlAdapterFactory(
    Object.assign(factory, { connect: async () => typeConstraintKinds(await connect()) }),
  )
  return { adapter, close: () => pool.end() }
}

/** One connection, so that settings of the session apply to the next statement. */
function createEnginePool(databaseUrl: string): pg.Pool {
  const pool = new pg.Pool({ ...connectionOptions(databaseUrl, { hasTimeouts: false }), max: 1 })
  const query = pool.query.bind(pool)
  return Object.assign(pool, {
    query: async (...args: unknown[]): Promise<unknown> =>
      renameCharColumns(await Reflect.apply(query, undefined, args)),
  })
}

const charOid = 18
const textOid = 25

/** The adapter rejects the catalog's columns of type "char", which can be read as text. */
function renameCharColumns(result: unknown): unknown {
  if (result instanceof pg.Result) {
    for (const field of result.fields) if (field.dataTypeID === charOid) field.dataTypeID = textOid
  }
  return result
}

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>

/** The engine panics on a CHECK or exclusion constraint unless the kind of the constraint is a single character. */
function typeConstraintKinds(adapter: Adapter): Adapter {
  const queryRaw = adapter.queryRaw.bind(adapter)
  return Object.assign(adapter, {
    queryRaw: async (...args: Parameters<Adapter['queryRaw']>) => {
      const result = await queryRaw(...args)
      const column = result.columnNames.indexOf('constraint_type')
      if (column >= 0) result.columnTypes[column] = ColumnTypeEnum.Character
      return result
    },
  })
}
