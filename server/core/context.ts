import type { FastifyRequest } from 'fastify'
import type { Actor, Authenticator, Origin } from './actor.js'
import { type AppError, UnauthorizedError } from './errors.js'
import type { RefreshCookie } from './http/refresh-cookie.js'
import { type IdempotencyRequest, unrepeated } from './idempotency/request.js'
import type { Logger } from './logger.js'
import type { Passwords } from './security/passwords.js'
import type { LimitReport, RateLimits } from './security/rate-limits.js'

/** The context of a procedure call, which is the same for all transports. */
export interface Context<Services = unknown> {
  log: Logger
  origin: Origin
  actor: Actor | null
  /** Why the credential of the request is invalid. Procedures throw it, except for those of login and logout. */
  credentialFault: AppError | null
  /** The bearer token of the request, valid or not. */
  bearer: string | null
  services: Services
  authenticator: Pick<Authenticator, 'readAfresh'>
  passwords: Pick<Passwords, 'admit'>
  limits: RateLimits
  /** The limits that were charged so far. Transports turn them into `RateLimit` headers. */
  limitReports: LimitReport[]
  refreshCookie: RefreshCookie
  idempotency: IdempotencyRequest
  /** The number of calls in the HTTP request. */
  batchSize: number
}

/** The parts of the application that transports need to create contexts. */
export interface ContextSource<Services> {
  log: Logger
  services: Services
  authenticator: Authenticator
  passwords: Pick<Passwords, 'admit'>
  limits: RateLimits
}

interface ContextParts {
  refreshCookie: RefreshCookie
  idempotency: IdempotencyRequest
  batchSize: number
}

/**
 * Identifies the caller of an HTTP request. An invalid credential is stored as a fault, so that the procedure decides.
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

/** Creates a context without an HTTP request, for in-process callers; see `server/caller.ts`. */
export function createInProcessContext<Services>(
  source: ContextSource<Services>,
  authorization: string | undefined,
  origin: Origin,
): Promise<Context<Services>> {
  return contextOf(source, {
    authorization,
    origin,
    refreshCookie: noCookies,
    idempotency: unrepeated,
    batchSize: 1,
  })
}

async function contextOf<Services>(
  { log, services, authenticator, passwords, limits }: ContextSource<Services>,
  { authorization, origin, ...parts }: ContextParts & { authorization: string | undefined; origin: Origin },
): Promise<Context<Services>> {
  const caller = await authenticate(authenticator, authorization, origin)
  return { log, origin, ...caller, services, authenticator, passwords, limits, limitReports: [], ...parts }
}

/** The cookie interface of a caller without cookies. */
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

// A socket that was reset has no peer address, although its type does not say so.
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
