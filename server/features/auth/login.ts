import type { Actor, Origin } from '../../context.js'
import { AppError } from '../../errors.js'
import { findAccount, holdAccount } from './account.js'
import type { AuthParts } from './parts.js'
import type { Login } from './schema.js'
import { maySignIn, type SignedIn } from './session-rules.js'

/** How users sign in, stay signed in and sign out. */
export function createLogin(parts: AuthParts) {
  const { sessions } = parts
  return {
    /**
     * Signs in with a password. One bcrypt comparison whatever the address is, and one answer to all that is wrong.
     *
     * @throws AppError INVALID_CREDENTIALS, RATE_LIMITED, SERVICE_UNAVAILABLE
     */
    login: (origin: Origin, input: Login): Promise<SignedIn> => logIn(parts, origin, input),

    /**
     * Exchanges a refresh token.
     *
     * @throws AppError INVALID_TOKEN
     */
    async refresh(origin: Origin, refreshToken: string | undefined): Promise<SignedIn> {
      if (refreshToken === undefined) throw new AppError('INVALID_TOKEN')
      return sessions.refresh(origin, { refreshToken })
    },

    /** Ends the session of the refresh token, or else of the access token; an unknown one is left alone. */
    logout(caller: { actor: Actor | null; origin: Origin }, refreshToken: string | undefined): Promise<void> {
      return sessions.logOut(caller, refreshToken)
    },
  }
}

async function logIn(parts: AuthParts, origin: Origin, { email, password, delivery }: Login): Promise<SignedIn> {
  await countAttempt(parts, origin, email)
  const user = await findAccount(parts.db, email)
  const isRight = await parts.passwords.verify(password, user?.passwordHash ?? null, origin)
  if (!user || !isRight || !maySignIn(user)) return refuse(parts, origin, user?.id ?? null)
  const signedIn = await openSession(parts, { user, origin, delivery })
  await parts.throttle.succeeded(email)
  return signedIn
}

async function countAttempt({ throttle, audit, db }: AuthParts, origin: Origin, email: string): Promise<void> {
  try {
    await throttle.attempt(email)
  } catch (error) {
    if (error instanceof AppError && error.code === 'RATE_LIMITED') {
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
}

// The password was compared before the transaction: the account has to be what it was then.
async function openSession(parts: AuthParts, { user, origin, delivery }: Opening): Promise<SignedIn> {
  const signedIn = await parts.db.$transaction(async (tx) => {
    const held = await holdAccount(tx, user.id)
    if (!held || held.passwordHash !== user.passwordHash || !maySignIn(held)) return null
    const opened = await parts.sessions.open(tx, held, origin, delivery)
    const data = { sessionId: opened.sessionId }
    await parts.audit.record(tx, { type: 'login.succeeded', actorId: user.id, userId: user.id, origin, data })
    return opened
  })
  if (!signedIn) return refuse(parts, origin, user.id)
  const { sessionId } = signedIn
  parts.log.info({ userId: user.id, sessionId, ip: origin.ip, requestId: origin.requestId }, 'a login succeeded')
  return signedIn
}

async function refuse({ audit, db, log }: AuthParts, origin: Origin, userId: string | null): Promise<never> {
  log.warn({ userId, ip: origin.ip, requestId: origin.requestId }, 'a login failed')
  await audit.record(db, { type: 'login.failed', actorId: null, userId, origin })
  throw new AppError('INVALID_CREDENTIALS')
}
