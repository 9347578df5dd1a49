import type { FastifyRequest } from 'fastify'
import type { Container, Services } from './container.js'
import { type AppError, UnauthorizedError } from './errors.js'
import type { Role } from './features/users/schema.js'
import type { RefreshCookie } from './http/refresh-cookie.js'
import type { Logger } from './logger.js'
import type { Passwords } from './security/passwords.js'
import type { LimitReport, RateLimits } from './security/rate-limits.js'

/** Where a request comes from, for sessions, limits and the audit trail. */
export interface Origin {
  requestId: string
  ip: string
  userAgent: string
}

/** Who acts, as the credential says; nothing in it comes from the input. */
export interface Actor {
  userId: string
  role: Role
  /** Set by procedures that let a role act on everybody's rows; without it an actor reaches own rows alone. */
  reach?: 'all'
  sessionId: string
  origin: Origin
}

/** What every procedure sees of the request it answers, whichever face the request came through. */
export interface Context {
  log: Logger
  origin: Origin
  actor: Actor | null
  /** Why a credential that was sent does not count. Procedures refuse the call with it; signing in overlooks it. */
  credentialFault: AppError | null
  /** What was sent as a bearer token, whether it counts or not. */
  bearer: string | null
  services: Services
  passwords: Pick<Passwords, 'admit'>
  limits: RateLimits
  /** What the limits charged so far; faces turn it into `RateLimit` headers. */
  limitReports: LimitReport[]
  refreshCookie: RefreshCookie
  /** How many calls share the HTTP request. */
  batchSize: number
}

interface ContextParts {
  refreshCookie: RefreshCookie
  batchSize: number
}

/**
 * Reads who is calling from an HTTP request. A bad credential is kept as a fault, so that the procedure decides.
 *
 * @throws ServiceUnavailableError if the session cannot be checked
 */
export async function createContext(
  container: Container,
  request: FastifyRequest,
  parts: ContextParts,
): Promise<Context> {
  const origin = originOf(request)
  const caller = await authenticate(container, request.headers.authorization, origin)
  const { services, passwords, limits } = container
  const log = caller.actor ? request.log.child({ actorId: caller.actor.userId }) : request.log
  return { log, origin, ...caller, services, passwords, limits, limitReports: [], ...parts }
}

/** Makes a context without an HTTP request, for in-process callers; see `server/caller.ts`. */
export async function createInProcessContext(
  container: Container,
  authorization: string | undefined,
  origin: Origin,
): Promise<Context> {
  const caller = await authenticate(container, authorization, origin)
  const { services, passwords, limits, log } = container
  const refreshCookie = noCookies
  const parts = { refreshCookie, batchSize: 1, limitReports: [] }
  return { log, origin, ...caller, services, passwords, limits, ...parts }
}

/** The cookies of a caller that has none. */
export const noCookies: RefreshCookie = {
  read: () => [],
  readUnchecked: () => [],
  write() {},
  clear() {},
  readMark: () => undefined,
  writeMark() {},
}

function originOf(request: FastifyRequest): Origin {
  return {
    requestId: request.id,
    ip: addressOf(request),
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 255),
  }
}

// A socket that was reset no longer knows its peer, whatever its type says.
function addressOf({ ip }: { ip: string | undefined }): string {
  return ip ?? 'unknown'
}

type Authenticated = Pick<Context, 'actor' | 'credentialFault' | 'bearer'>

async function authenticate(
  { services }: Container,
  authorization: string | undefined,
  origin: Origin,
): Promise<Authenticated> {
  if (authorization === undefined) return { actor: null, credentialFault: null, bearer: null }
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1] ?? null
  const identity = token ? await services.sessions.authenticate(token) : null
  if (!identity) return { actor: null, credentialFault: new UnauthorizedError(), bearer: token }
  return { actor: { ...identity, origin }, credentialFault: null, bearer: token }
}
