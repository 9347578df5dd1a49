import { RemedyError } from '../remedy-error.js'
import { codeOf } from '../unknown-values.js'
import { isRefusedByPooler, refusedByPooler } from './session.js'

/**
 * Explains why a connection could not be opened, and what to do. The text has the host, the port, the database and the role
 * of the URL, and never its password.
 */
export function explainConnectFailure(url: string, cause: unknown): RemedyError {
  const { host, pathname, username } = new URL(url)
  const reason = cause instanceof Error ? cause.message || codeOf(cause) || cause.name : String(cause)
  const place = `${host || 'a local socket'}${pathname}`
  const remedy = remedyOf(cause, {
    role: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
  })
  return new RemedyError(`The database at ${place} cannot be reached: ${reason.replace(/\.$/, '')}.\n${remedy}`, {
    cause,
  })
}

interface Target {
  role: string
  database: string
}

const orEmbedded = 'or, in development, unset it to use the embedded PostgreSQL'

function remedyOf(cause: unknown, { role, database }: Target): string {
  const code = codeOf(cause)
  const message = cause instanceof Error ? cause.message : ''
  if (isRefusedByPooler(cause)) return refusedByPooler
  if (code.startsWith('28')) return `Correct the role ${role} or its password in DATABASE_URL, ${orEmbedded}.`
  if (code === '3D000') return `Create the database ("CREATE DATABASE ${database}" in psql), or correct DATABASE_URL.`
  if (code === '53300') return 'Try again when other programs have closed their connections, or raise max_connections.'
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return `Correct the name of the host in DATABASE_URL, ${orEmbedded}.`
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `Start PostgreSQL there, correct the host or the port in DATABASE_URL, ${orEmbedded}.`
  if (/does not support SSL/.test(message)) return 'Write sslmode=disable into DATABASE_URL, or unset PGSSLMODE.'
  if (/certificate|self.signed|hostname\/ip/i.test(message))
    return 'Name the certificate of its authority: sslmode=verify-full&sslrootcert=PATH in DATABASE_URL.'
  return `Correct DATABASE_URL (behind a pooler: DIRECT_URL), ${orEmbedded}.`
}
