import type { Origin } from '../../core/actor.js'
import { InvalidCredentialsError, RateLimitedError } from '../../core/errors.js'
import { maySignIn, type SignedIn } from '../sessions/session.js'
import { type AuthDependencies, findUserByEmail, lockAccount } from './credentials.js'
import type { Login } from './schema.js'

/** The cookies of the browser that logs in. */
export interface LoginBrowser {
  /** Refresh tokens of the sessions that the login replaces. */
  replaces: readonly string[]
  /** The mark by which the browser is recognized, if there is one. */
  device?: string | undefined
}

/**
 * Logs in with a password. It always compares one bcrypt hash, and returns the same error for every reason of a
 * rejection.
 *
 * @throws InvalidCredentialsError, RateLimitedError, ServiceUnavailableError
 */
export async function login(
  dependencies: AuthDependencies,
  origin: Origin,
  { email, password, delivery }: Login,
  { replaces, device }: LoginBrowser = { replaces: [] },
): Promise<SignedIn> {
  const { db, passwords, throttle } = dependencies
  const visitor = { ip: origin.ip, device }
  await countAttempt(dependencies, origin, email, visitor)
  const user = await findUserByEmail(db, email)
  const isRight = await passwords.verify(password, user?.passwordHash ?? null, origin)
  if (!user || !isRight || !maySignIn(user)) return refuse(dependencies, origin, user?.id ?? null)
  const signedIn = await openIfUnchanged(dependencies, { user, origin, delivery, replaces })
  await throttle.succeeded(email, visitor)
  return signedIn
}

type Visitor = Parameters<AuthDependencies['throttle']['attempt']>[1]

async function countAttempt(
  dependencies: AuthDependencies,
  origin: Origin,
  email: string,
  visitor: Visitor,
): Promise<void> {
  const { throttle, audit, db } = dependencies
  try {
    await throttle.attempt(email, visitor)
  } catch (error) {
    if (error instanceof RateLimitedError) {
      const userId = (await findUserByEmail(db, email))?.id ?? null
      await audit.record(db, { type: 'login.throttled', actorId: null, userId, origin })
    }
    throw error
  }
}

type User = NonNullable<Awaited<ReturnType<typeof findUserByEmail>>>
interface Opening {
  user: User
  origin: Origin
  delivery: SignedIn['delivery']
  replaces: readonly string[]
}

// The password was compared before the transaction, so the account must be unchanged.
async function openIfUnchanged(
  dependencies: AuthDependencies,
  { user, origin, delivery, replaces }: Opening,
): Promise<SignedIn> {
  const signedIn = await dependencies.db.$transaction(async (tx) => {
    const locked = await lockAccount(tx, user.id)
    if (!locked || locked.passwordHash !== user.passwordHash || !maySignIn(locked)) return null
    await dependencies.sessions.endReplaced(tx, { refreshTokens: replaces, origin })
    const opened = await dependencies.sessions.open(tx, locked, origin, delivery)
    const data = { sessionId: opened.sessionId }
    await dependencies.audit.record(tx, { type: 'login.succeeded', actorId: user.id, userId: user.id, origin, data })
    return opened
  })
  if (!signedIn) return refuse(dependencies, origin, user.id)
  const { sessionId } = signedIn
  dependencies.log.info({ userId: user.id, sessionId, ip: origin.ip, requestId: origin.requestId }, 'login succeeded')
  return signedIn
}

async function refuse({ audit, db, log }: AuthDependencies, origin: Origin, userId: string | null): Promise<never> {
  log.warn({ userId, ip: origin.ip, requestId: origin.requestId }, 'login failed')
  await audit.record(db, { type: 'login.failed', actorId: null, userId, origin })
  throw new InvalidCredentialsError()
}
