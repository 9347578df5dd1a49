import type { Origin } from '../../core/actor.js'
import { InvalidCredentialsError, RateLimitedError } from '../../core/errors.js'
import { maySignIn, type SignedIn } from '../sessions/rules.js'
import { findAccount, lockAccount } from './account.js'
import type { AuthParts } from './dependencies.js'
import type { Login } from './schema.js'

/** How users sign in, stay signed in and sign out. */
export function createLogin(parts: AuthParts) {
  const { sessions } = parts
  return {
    /**
     * Signs in with a password. One bcrypt comparison whatever the address is, and one answer to all that is wrong.
     *
     * @throws InvalidCredentialsError, RateLimitedError, ServiceUnavailableError
     */
    login: (origin: Origin, input: Login, browser: Browser = noBrowser): Promise<SignedIn> =>
      logIn(parts, origin, input, browser),

    /**
     * Exchanges a refresh token. A browser may hold several under one name, of which the first that works counts.
     *
     * @throws InvalidTokenError if none does
     */
    refresh(origin: Origin, presented: readonly string[]): Promise<SignedIn> {
      return sessions.refreshAny(origin, presented)
    },

    /** Ends the sessions of all refresh tokens that are presented, and of the access token, also one that has expired; unknown ones are left alone. */
    logout(caller: { bearer: string | null; origin: Origin }, refreshTokens: readonly string[]): Promise<void> {
      return sessions.logOut(caller, refreshTokens)
    },
  }
}

/** What a login knows of the browser that it comes from. */
interface Browser {
  /** Refresh tokens whose sessions the new one replaces. */
  replaces: readonly string[]
  /** The mark by which the browser is recognized, if it has one. */
  device?: string | undefined
}

const noBrowser: Browser = { replaces: [] }

async function logIn(parts: AuthParts, origin: Origin, input: Login, browser: Browser): Promise<SignedIn> {
  const { email, password, delivery } = input
  const visitor = { ip: origin.ip, device: browser.device }
  await countAttempt(parts, origin, email, visitor)
  const user = await findAccount(parts.db, email)
  const isRight = await parts.passwords.verify(password, user?.passwordHash ?? null, origin)
  if (!user || !isRight || !maySignIn(user)) return refuse(parts, origin, user?.id ?? null)
  const signedIn = await openSession(parts, { user, origin, delivery, replaces: browser.replaces })
  await parts.throttle.succeeded(email, visitor)
  return signedIn
}

type Visitor = Parameters<AuthParts['throttle']['attempt']>[1]

async function countAttempt(parts: AuthParts, origin: Origin, email: string, visitor: Visitor): Promise<void> {
  const { throttle, audit, db } = parts
  try {
    await throttle.attempt(email, visitor)
  } catch (error) {
    if (error instanceof RateLimitedError) {
      const userId = (await findAccount(db, email))?.id ?? null
      await audit.record(db, { type: 'login.throttled', actorId: null, userId, origin })
    }
    throw error
  }
}

type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>
interface Opening {
  user: Account
  origin: Origin
  delivery: SignedIn['delivery']
  replaces: readonly string[]
}

// The password was compared before the transaction: the account has to be what it was then.
async function openSession(parts: AuthParts, { user, origin, delivery, replaces }: Opening): Promise<SignedIn> {
  const signedIn = await parts.db.$transaction(async (tx) => {
    const locked = await lockAccount(tx, user.id)
    if (!locked || locked.passwordHash !== user.passwordHash || !maySignIn(locked)) return null
    await parts.sessions.endReplaced(tx, { refreshTokens: replaces, origin })
    const opened = await parts.sessions.open(tx, locked, origin, delivery)
    const data = { sessionId: opened.sessionId }
    await parts.audit.record(tx, { type: 'login.succeeded', actorId: user.id, userId: user.id, origin, data })
    return opened
  })
  if (!signedIn) return refuse(parts, origin, user.id)
  const { sessionId } = signedIn
  parts.log.info({ userId: user.id, sessionId, ip: origin.ip, requestId: origin.requestId }, 'login succeeded')
  return signedIn
}

async function refuse({ audit, db, log }: AuthParts, origin: Origin, userId: string | null): Promise<never> {
  log.warn({ userId, ip: origin.ip, requestId: origin.requestId }, 'login failed')
  await audit.record(db, { type: 'login.failed', actorId: null, userId, origin })
  throw new InvalidCredentialsError()
}
