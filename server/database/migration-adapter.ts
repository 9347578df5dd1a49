import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { connectionOptions } from './connection-options.js'

/**
 * The way by which Prisma's schema engine reaches PostgreSQL: Prisma's adapter for `pg`, mended where migrations need
 * more of it than queries do.
 *
 * @returns the adapter; the errors of the scripts that failed, as PostgreSQL gave them; and what closes it
 */
export function createEngineAdapter(databaseUrl: string): {
  adapter: object
  failedScripts: readonly Error[]
  close: () => Promise<void>
} {
  const pool = createEnginePool(databaseUrl)
  const failedScripts: Error[] = []
  const adapter = bind(pool, failedScripts)
  return { adapter, failedScripts, close: () => pool.end() }
}

/** One connection, so that what a script sets for its session holds for the next statement too. */
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

/** The adapter refuses the catalog's columns of type "char", which read like text. */
function renameCharColumns(result: unknown): unknown {
  if (result instanceof pg.Result) {
    for (const field of result.fields) if (field.dataTypeID === charOid) field.dataTypeID = textOid
  }
  return result
}

function bind(pool: pg.Pool, failedScripts: Error[]): object {
  const factory = new PrismaPg(pool)
  const connect = factory.connect.bind(factory)
  return bindMigrationAwareSqlAdapterFactory(
    Object.assign(factory, {
      connect: async () => typeConstraintKinds(sendScriptsWhole(await connect(), pool, failedScripts)),
    }),
  )
}

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>

/**
 * The adapter cuts a script at each semicolon, in function bodies and strings too. Sent whole, PostgreSQL parses it,
 * and runs it in one transaction as Prisma's native engine does. Its errors are kept, because the engine garbles them.
 */
function sendScriptsWhole(adapter: Adapter, pool: pg.Pool, failedScripts: Error[]): Adapter {
  return Object.assign(adapter, {
    executeScript: async (script: string): Promise<void> => {
      try {
        await pool.query(script)
      } catch (error) {
        failedScripts.push(locate(error, script))
        throw error
      }
    },
  })
}

function locate(error: unknown, script: string): Error {
  if (!(error instanceof pg.DatabaseError)) return new Error('The script failed.', { cause: error })
  const before = error.position && script.slice(0, Number(error.position))
  const line = before ? ` (line ${before.split('\n').length})` : ''
  return new Error(`${error.message}${line}`, { cause: error })
}

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
