import { isDeepStrictEqual } from 'node:util'
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
  const row = await expectFound(model, read())
  if (version !== undefined && version !== row.version) throw new VersionMismatchError()
  return row
}

/**
 * Awaits a row that must exist for the caller.
 *
 * @param resource what is looked for, for the error: `Post`
 * @throws NotFoundError if there is no row
 */
export async function expectFound<Row>(resource: string, query: Promise<Row | null> | Row | null): Promise<Row> {
  const row = await query
  if (row === null) throw new NotFoundError({ resource })
  return row
}

type Given<Input> = { [Key in keyof Input]?: Exclude<Input[Key], undefined> }

/** The fields of an input that are given. Prisma rejects those that are undefined. */
export function given<Input extends object>(input: Input): Given<Input>
export function given(input: object): object {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

type ChangesOf<Input> = Given<Input> & { version: { increment: 1 } }

/**
 * The `data` that makes the given changes to a row and raises its version: the fields whose value differs. Null if there
 * are none, so that a change without an effect leaves the row as it is.
 *
 * @param changes of the input; what is undefined is not changed
 */
export function changesOf<Input extends object>(row: object, changes: Input): ChangesOf<Input> | null
export function changesOf(row: object, changes: object): object | null {
  const differing = Object.entries(given(changes)).filter(([key, value]) => !isUnchanged(row, { [key]: value }))
  return differing.length === 0 ? null : { ...Object.fromEntries(differing), version: { increment: 1 } }
}

/** Whether values are those that a row already has, so that nothing needs to be written. Times and arrays are compared by value. */
export function isUnchanged<Row extends object>(row: Row, values: Partial<Row>): boolean {
  const before = new Map<string, unknown>(Object.entries(row))
  return Object.entries(values).every(([key, value]) => isDeepStrictEqual(before.get(key), value))
}
