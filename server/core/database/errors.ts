import { setTimeout as sleep } from 'node:timers/promises'
import { Prisma } from '../../generated/client.js'
import { codeOf, isRecord } from '../unknown-values.js'

// PostgreSQL's SQLSTATE classes 08 (connection), 28 (login), 40 (rollback, see runAgain), 53 (resources), 55 (locked or
// in the wrong state), 57 (operator), 58 (system), F0 (configuration file), XX (internal errors, damaged files); a
// missing or read-only database, timeouts of idle transactions, and removed statements, privileges and unique indexes.
const awaySqlStates =
  /^(08...|28...|40...|53...|55...|57...|58...|F0...|XX...|3D000|25006|25P0[34]|26000|42501|42P05|42P10|72000)$/
// P2021 and P2022: a table or column that a pending migration creates.
const awayPrismaCodes = /^(P1000|P1001|P1002|P1003|P1008|P1010|P1011|P1017|P2021|P2022|P2024|P2028|P2034|P2037)$/
const awayNodeCodes =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/
// The names of driver errors in Prisma's adapter: https://github.com/prisma/prisma, packages/driver-adapter-utils.
const awayKinds = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'DatabaseDoesNotExist',
  'DatabaseAccessDenied',
  'AuthenticationFailed',
  'TableDoesNotExist',
  'ColumnNotFound',
  'TransactionWriteConflict',
])
const awayMessages =
  /timeout exceeded when trying to connect|connecting to the database failed|connection terminated|database has been silent|client has encountered a connection|client was closed|after calling end on the pool|timeout expired/i

/** Whether a unique constraint rejected the write. */
export function isUniqueViolation(thrown: unknown): boolean {
  return causes(thrown).some((error) => stateOf(error) === 'P2002' || stateOf(error) === '23505')
}

/** The name of the unique index that rejected a write, such as `User_email_key`. */
export function violatedIndex(thrown: unknown): string | undefined {
  if (!isUniqueViolation(thrown)) return undefined
  const names = causes(thrown).map((error) => ('constraint' in error ? error.constraint : undefined))
  return names.map((name) => (isRecord(name) ? name.index : name)).find((name) => typeof name === 'string')
}

/** Whether a foreign key rejected the write, because a referenced row does not exist or a deleted row is referenced. */
export function isForeignKeyViolation(thrown: unknown): boolean {
  return causes(thrown).some((error) => stateOf(error) === 'P2003' || stateOf(error) === '23503')
}

/** Whether a number does not fit into its column. */
export function isOutOfRange(thrown: unknown): boolean {
  return causes(thrown).some((error) => stateOf(error) === 'P2020' || stateOf(error) === '22003')
}

/** Whether a row that the query requires does not exist. */
export function isMissingRow(thrown: unknown): boolean {
  return thrown instanceof Prisma.PrismaClientKnownRequestError && thrown.code === 'P2025'
}

/**
 * Whether the database failed for a reason that is independent of the statement and the data: it is unreachable,
 * restarting, read-only, locked, or has no connections or disk space left. A retry may succeed.
 */
export function isDatabaseAway(thrown: unknown): boolean {
  return causes(thrown).some((error) => isAway(error) || isStalePlan(error))
}

/**
 * Whether connections that were opened before this error must be replaced, because their plans belong to an older
 * schema, or because their sessions are read-only since the server has become a replica.
 */
export function needsFreshConnection(thrown: unknown): boolean {
  return causes(thrown).some((error) => isStalePlan(error) || stateOf(error) === '25006')
}

const attemptsMax = 3

/**
 * Repeats work that failed because of a deadlock, a conflict between transactions or an outdated plan. It runs at most
 * three times, with a short delay before each repetition. PostgreSQL has rolled back the failed work.
 *
 * @param work has no effect outside of the database before it is done
 * @param isRead whether it changes nothing, so that it is also repeated when the server has ended its connection
 */
export async function runAgain<T>(work: () => Promise<T>, isRead = false): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt === attemptsMax || !isWorthAnotherTry(error, isRead)) throw error
      await sleep(Math.random() * 20 * attempt)
    }
  }
}

function isWorthAnotherTry(thrown: unknown, isRead: boolean): boolean {
  return causes(thrown).some(
    (error) => isStalePlan(error) || isWriteConflict(error) || (isRead && stateOf(error) === '57P01'),
  )
}

function isWriteConflict(error: object): boolean {
  return /^(40001|40P01|P2034)$/.test(stateOf(error)) || kindOf(error) === 'TransactionWriteConflict'
}

// A prepared statement whose result has new types since a column was changed. PostgreSQL uses 0A000 for all unsupported
// features, and its messages depend on the language of the installation.
function isStalePlan(error: object): boolean {
  return stateOf(error) === '0A000'
}

function isAway(error: object): boolean {
  const code = stateOf(error)
  return (
    [awayPrismaCodes, awayNodeCodes, awaySqlStates].some((codes) => codes.test(code)) ||
    awayKinds.has(kindOf(error)) ||
    awayMessages.test(messageOf(error))
  )
}

function stateOf(error: object): string {
  return 'originalCode' in error ? String(error.originalCode) : codeOf(error)
}

function kindOf(error: object): string {
  return 'kind' in error ? String(error.kind) : ''
}

function messageOf(error: object): string {
  return 'message' in error ? String(error.message) : ''
}

// Prisma carries the driver's error as `cause`, or inside `meta.driverAdapterError`.
function causes(thrown: unknown, depth = 0): object[] {
  if (!isRecord(thrown) || depth > 5) return []
  const meta = 'meta' in thrown && isRecord(thrown.meta) ? thrown.meta : {}
  const inner = [
    'cause' in thrown ? thrown.cause : undefined,
    'driverAdapterError' in meta ? meta.driverAdapterError : undefined,
  ]
  return [thrown, ...inner.flatMap((cause) => causes(cause, depth + 1))]
}
