import { randomUUID } from 'node:crypto'
import type { Context } from '../../core/context.js'
import { InvalidTokenError } from '../../core/errors.js'
import type { SessionsService } from '../sessions/service.js'
import type { SignedIn } from '../sessions/session.js'
import { toUser } from '../users/view.js'
import type { Login, SignedInView } from './schema.js'
import type { AuthService } from './service.js'

type AuthContext = Context<{ auth: AuthService; sessions: SessionsService }>

/**
 * Logs in, and ends the sessions of the refresh cookies of the request, so that no later response to one of their requests
 * can log the previous user in again (OWASP ASVS 7.2.4).
 */
export async function logIn(ctx: AuthContext, input: Login): Promise<SignedInView> {
  const { refreshCookie: cookie } = ctx
  const replaces = cookie.readUnchecked()
  const newDevice = input.delivery === 'cookie' ? randomUUID() : undefined
  const device = cookie.readMark('device') ?? newDevice
  const signedIn = deliverTokens(ctx, await ctx.services.auth.login(ctx.origin, input, { replaces, device }))
  if (newDevice !== undefined && device !== undefined) cookie.writeMark('device', device)
  if (input.delivery === 'body' && replaces.length > 0) cookie.clear()
  return signedIn
}

/** Uses the token of the body, otherwise that of a cookie, and clears cookies that are no longer valid. */
export async function refresh(ctx: AuthContext, bodyToken: string | undefined): Promise<SignedInView> {
  const cookies = bodyToken === undefined ? ctx.refreshCookie.read() : []
  const presented = bodyToken === undefined ? cookies : [bodyToken]
  try {
    return deliverTokens(ctx, await ctx.services.sessions.refresh(ctx.origin, presented))
  } catch (error) {
    // A cookie that the request did not contain may belong to a concurrent login in another tab.
    if (cookies.length > 0 && error instanceof InvalidTokenError) ctx.refreshCookie.clear()
    throw error
  }
}

// Puts the refresh token into a cookie if its session uses one, otherwise into the body.
function deliverTokens({ refreshCookie }: AuthContext, signedIn: SignedIn): SignedInView {
  const { accessToken, expiresIn, refreshToken, refreshTokenExpiresAt, delivery } = signedIn
  const view = { accessToken, tokenType: 'Bearer' as const, expiresIn, user: toUser(signedIn.user) }
  if (delivery === 'body') return { ...view, refreshToken }
  refreshCookie.write(refreshToken, refreshTokenExpiresAt)
  return view
}

/** Ends the session of every credential of the request, and clears its cookies. */
export async function logOut(ctx: AuthContext, bodyToken: string | undefined): Promise<void> {
  const cookies = ctx.refreshCookie.read()
  await ctx.services.sessions.logOut(ctx, [...cookies, ...(bodyToken === undefined ? [] : [bodyToken])])
  if (cookies.length > 0) ctx.refreshCookie.clear()
}
