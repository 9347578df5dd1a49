import { createHash } from 'node:crypto'
import type pg from 'pg'
import { codeOf } from '../../unknown-values.js'
import type { Migration } from './folder.js'
import { migrationLockKey } from './lock.js'

/** The migrations of the folder compared with those that were applied to a database. */
export interface MigrationHistory {
  /** Those of the folder that were not applied. */
  pending: string[]
  /** Applied migrations that the folder does not contain, for example after a return to an older release. */
  unknown: string[]
  /** Why no more migrations may be applied, and the command that solves the problem. */
  problem?: { fault: string; remedy: string }
}

interface Row {
  name: string
  checksum: string
  isFinished: boolean
}

const undefinedTable = '42P01'

/** Compares the folder with the table of Prisma Migrate. */
export async function readHistory(
  client: Pick<pg.Pool, 'query'>,
  migrations: readonly Migration[],
): Promise<MigrationHistory> {
  const rows = await readRows(client)
  const applied = new Map(rows.filter((row) => row.isFinished).map((row) => [row.name, row.checksum]))
  const failed = rows.find((row) => !row.isFinished)
  const edited = migrations.find(({ name, sql }) => applied.has(name) && !matches(sql, applied.get(name)))
  const problem = failed ? describeFailed(failed.name) : edited && describeEdited(edited.name)
  return {
    pending: migrations.map(({ name }) => name).filter((name) => !applied.has(name)),
    unknown: [...applied.keys()].filter((name) => !migrations.some((migration) => migration.name === name)),
    ...(problem && { problem }),
  }
}

/**
 * A row without an end is a failure only if no other session holds the lock on migrations. Otherwise it may be running.
 */
async function readRows(client: Pick<pg.Pool, 'query'>): Promise<Row[]> {
  try {
    const { rows } = await client.query<Row>(
      `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isFinished"
       FROM _prisma_migrations
       WHERE rolled_back_at IS NULL AND (finished_at IS NOT NULL OR logs IS NOT NULL OR NOT EXISTS (
         SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
         WHERE datname = current_database() AND locktype = 'advisory' AND objid = ${migrationLockKey} AND granted
           AND pid <> pg_backend_pid()))
       ORDER BY started_at`,
    )
    return rows
  } catch (error) {
    if (codeOf(error) === undefinedTable) return []
    throw error
  }
}

/** Like Prisma, ignores differences in line ends, which Git may have changed. */
function matches(sql: string, checksum: string | undefined): boolean {
  const unix = sql.replaceAll('\r\n', '\n')
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((text) => checksumOf(text) === checksum)
}

/** The checksum of a script in Prisma Migrate: its SHA-256 in hexadecimal. */
export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function describeFailed(name: string): {
  fault: string
  remedy: string
} {
  return {
    fault: `The migration ${name} failed on this database.`,
    remedy:
      `Correct its SQL, then run: npm run migrate -- --resolve ${name} rolled-back` +
      ` (or "applied" in place of "rolled-back" if all of its changes are in the database), and npm run migrate.` +
      ' In development, npm run db:reset starts over.',
  }
}

function describeEdited(name: string): { fault: string; remedy: string } {
  return {
    fault: `The migration ${name} was edited after it was applied to this database.`,
    remedy:
      `Restore its file (git checkout -- prisma/migrations/${name}) and write the change as a new migration:` +
      ' npm run migrate:new -- NAME. In development, npm run db:reset starts over.',
  }
}
