import type { TRPCClient } from '@trpc/client'
import type { AppRouter, Inputs, Outputs } from './app-router.js'
import { apiError } from './errors.js'
import type { Delivery, RefreshTokenHolder } from './refresh-token-holder.js'
import { askTwice } from './renewal.js'
import { createSessionState, type SessionStateHolder, type SessionView } from './session-state.js'
import { connectTabs, type TellTabs } from './tabs.js'

export type Credentials = Omit<Inputs['auth']['login'], 'delivery'>
type SignedIn = Outputs['auth']['login']

interface SessionOptions {
  /** Calls without an access token. */
  auth: TRPCClient<AppRouter>['auth']
  delivery: Delivery
  holder: RefreshTokenHolder
  /** What the pages that share a cookie have in common. */
  name: string
  onSessionEnd: (() => void) | undefined
}

/** The tokens of one user, which are renewed when necessary, with one refresh at a time. */
export interface Session {
  view: SessionView
  /** @throws TRPCClientError INVALID_CREDENTIALS */
  login(credentials: Credentials): Promise<SignedIn>
  /** Deletes the session here, then ends it on the server. @throws TRPCClientError if the server cannot be reached */
  logout(): Promise<void>
  /** Resumes the session of the cookie or the store; null if there is none. */
  resume(options?: ResumeOptions): Promise<SignedIn | null>
  /** Renews the token if necessary. @throws TRPCClientError if it cannot be renewed now */
  ready(): Promise<void>
  /** The token for calls, or null without a session. */
  accessToken(): string | null
  /** Reports that the server rejected a token. A token that has been replaced is ignored. */
  markStale(token: string): void
}

export interface ResumeOptions {
  /** Asks the server even if nothing here tells of a session, as for one that a sibling domain has created. */
  always?: boolean
}

interface Parts extends SessionOptions {
  state: SessionStateHolder
  tellTabs: TellTabs
  access: AccessToken | null
  refreshing: Promise<SignedIn | null> | null
  /** Incremented when the session begins or ends, so that a concurrent refresh has no effect. */
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
  const hear: TellTabs = (userId) => followTab(parts, userId)
  const tellTabs: TellTabs = options.delivery === 'cookie' ? connectTabs(options.name, hear) : () => {}
  const state = createSessionState()
  const parts: Parts = { ...options, state, tellTabs, access: null, refreshing: null, era: 0 }
  return {
    view: { get: state.get, subscribe: state.subscribe },
    login: (credentials) => login(parts, credentials),
    logout: () => logout(parts),
    resume: (options) => resume(parts, options),
    ready: () => ready(parts),
    accessToken: () => parts.access?.value ?? null,
    markStale(token) {
      if (parts.access?.value === token) expire(parts)
    },
  }
}

async function login(parts: Parts, credentials: Credentials): Promise<SignedIn> {
  const { auth, delivery, holder } = parts
  const replaced = await holder.read()
  const reply = await holder.inTurn(() => auth.login.mutate({ ...credentials, delivery }))
  parts.era += 1
  await accept(parts, reply)
  parts.tellTabs(reply.user.id)
  // The server itself ends the session of a cookie. A login does not fail if another session cannot be ended.
  if (replaced?.refreshToken) await auth.logout.mutate(replaced).catch(() => {})
  return reply
}

async function logout(parts: Parts): Promise<void> {
  // A logout that has failed can be tried again: whether there is a cookie, only the server sees.
  const input = parts.delivery === 'cookie' ? {} : await parts.holder.read()
  await parts.holder.clear()
  forget(parts)
  parts.tellTabs(null)
  if (input) await parts.holder.inTurn(() => parts.auth.logout.mutate(input))
}

async function resume(parts: Parts, { always = false }: ResumeOptions = {}): Promise<SignedIn | null> {
  if (always) parts.holder.reconsider()
  return refresh(parts)
}

async function ready(parts: Parts): Promise<void> {
  if (parts.access && Date.now() < parts.access.refreshAt) return
  await refresh(parts).catch((error: unknown) => {
    if (!parts.access || Date.now() >= parts.access.expiresAt) throw error
  })
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
  const { era, holder, state } = parts
  const input = await holder.read()
  if (era !== parts.era) return null
  if (!input) {
    if (!parts.access) state.set(null)
    return null
  }
  const reply = await ask(parts, input)
  if (era !== parts.era) return null
  if (!reply) {
    await holder.clear()
    if (era !== parts.era) return null
    end(parts, input)
    parts.tellTabs(null)
    return null
  }
  if (isOfAnother(parts, reply)) {
    followTab(parts, reply.user.id)
    return null
  }
  await accept(parts, reply)
  return reply
}

async function ask({ auth }: Parts, input: { refreshToken?: string }): Promise<SignedIn | null> {
  return askTwice((signal) => auth.refresh.mutate(input, { signal })).catch((error: unknown) => {
    if (endsSession(error)) return null
    throw error
  })
}

function isOfAnother({ state }: Parts, { user }: SignedIn): boolean {
  const shown = state.get().user
  return shown !== null && shown.id !== user.id
}

/**
 * Takes over what another tab has done. A page that shows a user whose session has been replaced by another person's
 * first ends that of its own, so that no call of the former user is made in the name of the new one.
 */
function followTab(parts: Parts, userId: string | null): void {
  const shown = parts.state.get().user
  if (shown && shown.id === userId) return expire(parts)
  if (shown || userId === null) end(parts)
  else parts.era += 1
  if (userId === null) return
  // The calls that wait for the former session fail first.
  setTimeout(() => {
    takeUp(parts).catch(() => {})
  })
}

async function takeUp(parts: Parts): Promise<void> {
  await parts.refreshing?.catch(() => {})
  await refresh(parts)
}

async function accept(parts: Parts, { accessToken, expiresIn, refreshToken, user }: SignedIn): Promise<void> {
  const expiresAt = Date.now() + expiresIn * 1000
  parts.access = { value: accessToken, refreshAt: expiresAt - refreshAheadMs, expiresAt }
  await parts.holder.write(refreshToken)
  parts.state.set(user)
}

// A new page may have had no cookie at all, so no known session has ended.
function end(parts: Parts, { refreshToken }: { refreshToken?: string } = {}): void {
  const wasKnown = parts.state.get().user !== null || refreshToken !== undefined
  forget(parts)
  if (wasKnown) parts.onSessionEnd?.()
}

// A call that is on its way still sends it, is refused, and then repeated with the next one.
function expire(parts: Parts): void {
  if (parts.access) parts.access = { value: parts.access.value, refreshAt: 0, expiresAt: 0 }
}

function forget(parts: Parts): void {
  parts.era += 1
  parts.access = null
  parts.state.set(null)
}

// VALIDATION_ERROR: the store contained a value that is not a token.
function endsSession(error: unknown): boolean {
  const code = apiError(error)?.code
  return code === 'INVALID_TOKEN' || code === 'VALIDATION_ERROR'
}
