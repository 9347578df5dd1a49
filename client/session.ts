import type { TRPCClient } from '@trpc/client'
import type { AppRouter, Inputs, Outputs } from './app-router.js'
import { apiError } from './errors.js'
import type { Delivery, RefreshTokenHolder } from './refresh-token-holder.js'

export type Credentials = Omit<Inputs['auth']['login'], 'delivery'>
export type SignedIn = Outputs['auth']['login']

interface SessionOptions {
  /** Calls that carry no access token. */
  auth: TRPCClient<AppRouter>['auth']
  delivery: Delivery
  holder: RefreshTokenHolder
  onSessionEnd: (() => void) | undefined
}

/** The tokens of one user, renewed when they have to be: one refresh at a time, whoever asks. */
export interface Session {
  /** @throws TRPCClientError INVALID_CREDENTIALS */
  login(credentials: Credentials): Promise<SignedIn>
  /** Forgets the session here, then ends it on the server. @throws TRPCClientError if the server cannot be told */
  logout(): Promise<void>
  /** Takes up the session of the cookie or of the store; null if there is none. */
  resume(): Promise<SignedIn | null>
  /** The token to call with, or null without a session. @throws TRPCClientError if it cannot be renewed just now */
  accessToken(): Promise<string | null>
  /** Says that the server refused a token. One that has been replaced meanwhile does not matter. */
  markStale(token: string): void
}

interface Parts extends SessionOptions {
  access: AccessToken | null
  /** Whose session it is. A cookie may become another person's while this page is open. */
  userId: string | null
  refreshing: Promise<SignedIn | null> | null
  /** Raised by login and logout, so that a refresh that was under way then changes nothing. */
  era: number
}

interface AccessToken {
  value: string
  /** By this machine's clock, in milliseconds, as is `expiresAt`. */
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
  // The server ends the session of a cookie by itself. That it cannot be told of another one fails no login.
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

// Another tab signed somebody else in. This page shows the former user until it takes the session up by `resume`.
function isOfAnother({ userId }: Parts, { user }: SignedIn): boolean {
  return userId !== null && userId !== user.id
}

async function accept(parts: Parts, { accessToken, expiresIn, refreshToken, user }: SignedIn): Promise<void> {
  parts.userId = user.id
  const expiresAt = Date.now() + expiresIn * 1000
  parts.access = { value: accessToken, refreshAt: expiresAt - refreshAheadMs, expiresAt }
  await parts.holder.write(refreshToken)
}

// A cookie that a new page tried in vain was perhaps never there: nothing known has ended then.
async function end(parts: Parts, { refreshToken }: { refreshToken?: string }): Promise<void> {
  const wasKnown = parts.access !== null || refreshToken !== undefined
  parts.access = null
  parts.userId = null
  await parts.holder.clear()
  if (wasKnown) parts.onSessionEnd?.()
}

// VALIDATION_ERROR: what the store held is no token at all, and will not become one.
function endsSession(error: unknown): boolean {
  const code = apiError(error)?.code
  return code === 'INVALID_TOKEN' || code === 'VALIDATION_ERROR'
}
