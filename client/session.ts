import type { TRPCClient } from '@trpc/client'
import type { AppRouter, Inputs, Outputs } from './app-router.js'
import { apiError } from './errors.js'
import type { Delivery, RefreshTokenHolder } from './refresh-token-holder.js'

export type Credentials = Omit<Inputs['auth']['login'], 'delivery'>
export type SignedIn = Outputs['auth']['login']

interface SessionOptions {
  /** Calls without an access token. */
  auth: TRPCClient<AppRouter>['auth']
  delivery: Delivery
  holder: RefreshTokenHolder
  onSessionEnd: (() => void) | undefined
}

/** The tokens of one user, which are renewed when necessary, with one refresh at a time. */
export interface Session {
  /** @throws TRPCClientError INVALID_CREDENTIALS */
  login(credentials: Credentials): Promise<SignedIn>
  /** Deletes the session here, then ends it on the server. @throws TRPCClientError if the server cannot be reached */
  logout(): Promise<void>
  /** Resumes the session of the cookie or the store; null if there is none. */
  resume(): Promise<SignedIn | null>
  /** The token for calls, or null without a session. @throws TRPCClientError if it cannot be renewed now */
  accessToken(): Promise<string | null>
  /** Reports that the server rejected a token. A token that has been replaced is ignored. */
  markStale(token: string): void
}

interface Parts extends SessionOptions {
  access: AccessToken | null
  /** The user of the session. Another user may log in with the same cookie while this page is open. */
  userId: string | null
  refreshing: Promise<SignedIn | null> | null
  /** Incremented by login and logout, so that a concurrent refresh has no effect. */
  era: number
}

interface AccessToken {
  value: string
  /** In milliseconds, by the clock of this machine, like `expiresAt`. */
  refreshAt: number
  expiresAt: number
}

const refreshAheadMs = 30_000

export function createSession(options: SessionOptions): Session {
  const parts: Parts = { ...options, access: null, userId: null, refreshing: null, era: 0 }
  return {
    login: (credentials) => login(parts, credentials),
    logout: () => logout(parts),
    resume: () => resume(parts),
    accessToken: () => accessToken(parts),
    markStale(token) {
      if (parts.access?.value === token) parts.access = { value: token, refreshAt: 0, expiresAt: 0 }
    },
  }
}

async function login(parts: Parts, credentials: Credentials): Promise<SignedIn> {
  const { auth, delivery, holder } = parts
  const replaced = await holder.read()
  const reply = await holder.inTurn(() => auth.login.mutate({ ...credentials, delivery }))
  parts.era += 1
  await accept(parts, reply)
  // The server itself ends the session of a cookie. A login does not fail if another session cannot be ended.
  if (replaced?.refreshToken) await auth.logout.mutate(replaced).catch(() => {})
  return reply
}

async function logout(parts: Parts): Promise<void> {
  const input = await parts.holder.read()
  parts.era += 1
  parts.access = null
  parts.userId = null
  await parts.holder.clear()
  if (input) await parts.holder.inTurn(() => parts.auth.logout.mutate(input))
}

async function resume(parts: Parts): Promise<SignedIn | null> {
  parts.userId = null
  await parts.holder.reconsider()
  return refresh(parts)
}

async function accessToken(parts: Parts): Promise<string | null> {
  if (parts.access && Date.now() < parts.access.refreshAt) return parts.access.value
  await refresh(parts).catch((error: unknown) => {
    if (!parts.access || Date.now() >= parts.access.expiresAt) throw error
  })
  return parts.access?.value ?? null
}

function refresh(parts: Parts): Promise<SignedIn | null> {
  parts.refreshing ??= parts.holder
    .inTurn(() => exchange(parts))
    .finally(() => {
      parts.refreshing = null
    })
  return parts.refreshing
}

async function exchange(parts: Parts): Promise<SignedIn | null> {
  const { era, auth, holder } = parts
  const input = await holder.read()
  if (!input) return null
  const reply = await auth.refresh.mutate(input).catch((error: unknown) => {
    if (endsSession(error)) return null
    throw error
  })
  if (era !== parts.era) return null
  if (!reply || isOfAnother(parts, reply)) {
    await end(parts, input)
    return null
  }
  await accept(parts, reply)
  return reply
}

// Another user has logged in in another tab. This page shows the previous user until it calls `resume`.
function isOfAnother({ userId }: Parts, { user }: SignedIn): boolean {
  return userId !== null && userId !== user.id
}

async function accept(parts: Parts, { accessToken, expiresIn, refreshToken, user }: SignedIn): Promise<void> {
  parts.userId = user.id
  const expiresAt = Date.now() + expiresIn * 1000
  parts.access = { value: accessToken, refreshAt: expiresAt - refreshAheadMs, expiresAt }
  await parts.holder.write(refreshToken)
}

// A new page may have had no cookie at all, so no known session has ended.
async function end(parts: Parts, { refreshToken }: { refreshToken?: string }): Promise<void> {
  const wasKnown = parts.access !== null || refreshToken !== undefined
  parts.access = null
  parts.userId = null
  await parts.holder.clear()
  if (wasKnown) parts.onSessionEnd?.()
}

// VALIDATION_ERROR: the store contained a value that is not a token.
function endsSession(error: unknown): boolean {
  const code = apiError(error)?.code
  return code === 'INVALID_TOKEN' || code === 'VALIDATION_ERROR'
}
