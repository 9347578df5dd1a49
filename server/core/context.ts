import type { FastifyRequest } from 'fastify'
import type { Actor, Authenticator, Identity, Origin } from './actor.js'
import { type AppError, UnauthorizedError } from './errors.js'
import { originMax } from './fields/schema.js'
import type { RefreshCookie } from './http/refresh-cookie.js'
import { type IdempotencyRequest, unrepeated } from './idempotency/request.js'
import { type Logger, lazyLogger } from './logger.js'
import type { Passwords } from './security/passwords.js'
import type { LimitReport, RateLimits } from './security/rate-limits.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The procedures that have succeeded, for the log line of the request. */
    called: string[] | null
    /** The user or the API key, if the request has a valid credential. */
    caller: Identity | null
  }
}

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
  /** The procedures that have succeeded, for the log line of the HTTP request; null for callers without one. */
  called: string[] | null
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
  origin: Origin
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
  const { authorization } = request.headers
  const called = request.called ?? []
  if (authorization === undefined) return contextOf(source, parts, anonymous, { called, log: request.log })
  const caller = await authenticate(source.authenticator, authorization, parts.origin)
  const { actor } = caller
  request.caller = actor
  const log = actor ? lazyLogger(() => request.log.child(logFieldsOf(actor))) : request.log
  return contextOf(source, parts, caller, { called, log })
}

const anonymous = { actor: null, credentialFault: null, bearer: null }

/** Who makes a call in this process. */
export interface InProcessCaller {
  /** Null for a caller whose credential is not valid, and undefined for one without a credential. */
  identity: Identity | null | undefined
  /** The access token, valid or not. */
  bearer: string | null
  origin: Origin
}

/** Creates a context without an HTTP request, for in-process callers; see `server/callers.ts`. */
export function createInProcessContext<Services>(
  source: ContextSource<Services>,
  caller: InProcessCaller,
): Context<Services> {
  const { identity, origin } = caller
  const log = source.log.child({ requestId: origin.requestId, ...(identity && logFieldsOf(identity)) })
  return contextOf(source, { ...withoutHttp, origin }, callerOf(caller), { called: null, log })
}

/** What log lines say of a caller. */
export function logFieldsOf({ userId, apiKey }: Identity) {
  return { actorId: userId, ...(apiKey && { keyId: apiKey.id }) }
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

const withoutHttp = { refreshCookie: noCookies, idempotency: unrepeated, batchSize: 1 }

// Without spreads, because each request passes here.
function contextOf<Services>(
  source: ContextSource<Services>,
  parts: ContextParts,
  caller: Authenticated,
  { called, log }: Pick<Context, 'called' | 'log'>,
): Context<Services> {
  return {
    log,
    origin: parts.origin,
    actor: caller.actor,
    credentialFault: caller.credentialFault,
    bearer: caller.bearer,
    services: source.services,
    authenticator: source.authenticator,
    passwords: source.passwords,
    limits: source.limits,
    limitReports: [],
    refreshCookie: parts.refreshCookie,
    idempotency: parts.idempotency,
    batchSize: parts.batchSize,
    called,
  }
}

/** Where an HTTP request comes from. */
export function originOf(request: FastifyRequest): Origin {
  return {
    requestId: request.id,
    ip: addressOf(request),
    userAgent: (request.headers['user-agent'] ?? '').slice(0, originMax.userAgent),
  }
}

// A socket that was reset has no peer address, although its type does not say so.
function addressOf({ ip }: { ip: string | undefined }): string {
  return ip?.slice(0, originMax.ip) ?? 'unknown'
}

type Authenticated = Pick<Context, 'actor' | 'credentialFault' | 'bearer'>

async function authenticate(
  authenticator: Authenticator,
  authorization: string,
  origin: Origin,
): Promise<Authenticated> {
  const bearer = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1] ?? null
  return callerOf({ identity: bearer ? await authenticator.authenticate(bearer) : null, bearer, origin })
}

function callerOf({ identity, bearer, origin }: InProcessCaller): Authenticated {
  const credentialFault = identity === null ? new UnauthorizedError() : null
  return { actor: identity ? { ...identity, origin } : null, credentialFault, bearer }
}
