import { Prisma } from '../../generated/client.js'
import type { Transaction } from '../database/client.js'
import { NotFoundError, VersionMismatchError } from '../errors.js'

interface Versioned {
  id: string
  /** The version that the client names, if it names one. */
  version?: number | undefined
}

/**
 * Locks a row until the transaction ends, reads it, and checks its version. A change that is based on an old version is
 * rejected; because the row is locked, that holds until the transaction ends. `NO KEY` leaves the row open to foreign
 * keys, so that others may refer to it meanwhile.
 *
 * @param read reads the row by a `where` that says who may change it; it runs behind the lock
 * @throws NotFoundError if nothing is read, VersionMismatchError
 */
export async function lockRow<Row extends { version: number }>(
  tx: Transaction,
  model: Prisma.ModelName,
  { id, version }: Versioned,
  read: () => Promise<Row | null>,
): Promise<Row> {
  await tx.$executeRaw`SELECT FROM ${Prisma.raw(`"${model}"`)} WHERE "id" = ${id}::uuid FOR NO KEY UPDATE`
  return expectRow(await read(), { resource: model, version })
}

interface Expected {
  /** What the row is, for the error: `Post`. */
  resource: string
  version?: number | undefined
}

/** @throws NotFoundError if there is no row, VersionMismatchError if it has another version than the client names */
function expectRow<Row extends { version: number }>(row: Row | null, { resource, version }: Expected): Row {
  if (!row) throw new NotFoundError({ resource })
  if (version !== undefined && version !== row.version) throw new VersionMismatchError()
  return row
}

/** Whether values are those that a row already has, so that nothing needs to be written. Times are compared by value. */
export function isUnchanged<Row extends object>(row: Row, values: Partial<Row>): boolean {
  const before = new Map<string, unknown>(Object.entries(row))
  return Object.entries(values).every(([key, value]) => isSame(before.get(key), value))
}

function isSame(one: unknown, other: unknown): boolean {
  return one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other
}
