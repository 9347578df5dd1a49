import type { FastifyRequest } from 'fastify'
import type { Actor, Authenticator, Origin } from './actor.js'
import { type AppError, UnauthorizedError } from './errors.js'
import type { RefreshCookie } from './http/refresh-cookie.js'
import type { Logger } from './logger.js'
import type { Passwords } from './security/passwords.js'
import type { LimitReport, RateLimits } from './security/rate-limits.js'

/** What every procedure sees of the request it answers, whichever transport the request came through. */
export interface Context<Services = unknown> {
  log: Logger
  origin: Origin
  actor: Actor | null
  /** Why a credential that was sent does not count. Procedures refuse the call with it; signing in overlooks it. */
  credentialFault: AppError | null
  /** What was sent as a bearer token, whether it counts or not. */
  bearer: string | null
  services: Services
  authenticator: Pick<Authenticator, 'readAfresh'>
  passwords: Pick<Passwords, 'admit'>
  limits: RateLimits
  /** What the limits charged so far; transports turn it into `RateLimit` headers. */
  limitReports: LimitReport[]
  refreshCookie: RefreshCookie
  /** How many calls share the HTTP request. */
  batchSize: number
}

/** What contexts are made of: the application, as transports see it. */
export interface ContextSource<Services> {
  log: Logger
  services: Services
  authenticator: Authenticator
  passwords: Pick<Passwords, 'admit'>
  limits: RateLimits
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
export async function createContext<Services>(
  source: ContextSource<Services>,
  request: FastifyRequest,
  parts: ContextParts,
): Promise<Context<Services>> {
  const ctx = await contextOf(source, {
    ...parts,
    authorization: request.headers.authorization,
    origin: originOf(request),
  })
  return { ...ctx, log: ctx.actor ? request.log.child({ actorId: ctx.actor.userId }) : request.log }
}

/** Makes a context without an HTTP request, for in-process callers; see `server/caller.ts`. */
export function createInProcessContext<Services>(
  source: ContextSource<Services>,
  authorization: string | undefined,
  origin: Origin,
): Promise<Context<Services>> {
  return contextOf(source, { authorization, origin, refreshCookie: noCookies, batchSize: 1 })
}

async function contextOf<Services>(
  { log, services, authenticator, passwords, limits }: ContextSource<Services>,
  { authorization, origin, ...parts }: ContextParts & { authorization: string | undefined; origin: Origin },
): Promise<Context<Services>> {
  const caller = await authenticate(authenticator, authorization, origin)
  return { log, origin, ...caller, services, authenticator, passwords, limits, limitReports: [], ...parts }
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
  authenticator: Authenticator,
  authorization: string | undefined,
  origin: Origin,
): Promise<Authenticated> {
  if (authorization === undefined) return { actor: null, credentialFault: null, bearer: null }
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1] ?? null
  const identity = token ? await authenticator.authenticate(token) : null
  if (!identity) return { actor: null, credentialFault: new UnauthorizedError(), bearer: token }
  return { actor: { ...identity, origin }, credentialFault: null, bearer: token }
}
