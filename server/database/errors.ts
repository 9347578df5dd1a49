import { Prisma } from './generated/client.js'

// PostgreSQL's SQLSTATE classes 08 (connection), 53 (resources), 57 (operator), and the timeouts of stuck work.
const awaySqlStates = /^(08...|53...|57...|55P03|25P0[34]|40001|40P01)$/
// P2021 and P2022: a table or column that a pending migration makes.
const awayPrismaCodes = new Set([
  'P2021',
  'P2022',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
])
const awayNodeCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'])
const awayMessages =
  /timeout exceeded when trying to connect|connection terminated|client has encountered a connection/i

/** Whether a unique constraint refused the write. */
export function isUniqueViolation(thrown: unknown): boolean {
  return causes(thrown).some((error) => codeOf(error) === 'P2002' || codeOf(error) === '23505')
}

/** Whether a foreign key refused the write: it names a row that is not there, or removes one that is named. */
export function isForeignKeyViolation(thrown: unknown): boolean {
  return causes(thrown).some((error) => codeOf(error) === 'P2003' || codeOf(error) === '23503')
}

/** Whether a row that the query asked for is not there. */
export function isMissingRow(thrown: unknown): boolean {
  return thrown instanceof Prisma.PrismaClientKnownRequestError && thrown.code === 'P2025'
}

/** Whether the database did not answer in time: unreachable, restarting, out of connections, locked. A retry may help. */
export function isDatabaseAway(thrown: unknown): boolean {
  return causes(thrown).some(isAway)
}

function isAway(error: object): boolean {
  const code = codeOf(error)
  const message = 'message' in error ? String(error.message) : ''
  return awayPrismaCodes.has(code) || awayNodeCodes.has(code) || awaySqlStates.test(code) || awayMessages.test(message)
}

function codeOf(error: object): string {
  if ('originalCode' in error) return String(error.originalCode)
  return 'code' in error ? String(error.code) : ''
}

// Prisma carries the driver's error as `cause`, or inside `meta.driverAdapterError`.
function causes(thrown: unknown, depth = 0): object[] {
  if (typeof thrown !== 'object' || thrown === null || depth > 5) return []
  const meta = 'meta' in thrown && typeof thrown.meta === 'object' && thrown.meta ? thrown.meta : {}
  const inner = [
    'cause' in thrown ? thrown.cause : undefined,
    'driverAdapterError' in meta ? meta.driverAdapterError : undefined,
  ]
  return [thrown, ...inner.flatMap((cause) => causes(cause, depth + 1))]
}
