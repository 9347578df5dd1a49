import { randomUUID } from 'node:crypto'
import type { Context } from '../../core/context.js'
import { InvalidTokenError } from '../../core/errors.js'
import type { SignedIn } from '../sessions/rules.js'
import type { SessionsService } from '../sessions/service.js'
import { toUser } from '../users/view.js'
import type { Login, SignedInView } from './schema.js'
import type { AuthService } from './service.js'

type AuthContext = Context<{ auth: AuthService; sessions: SessionsService }>

/**
 * Signs in. The sessions of the refresh cookies that came with the request end, so that no answer to a request of
 * theirs can bring their user back into this browser (OWASP ASVS 7.2.4).
 */
export async function logInAndAnswer(ctx: AuthContext, input: Login): Promise<SignedInView> {
  const { refreshCookie: cookie } = ctx
  const replaces = cookie.readUnchecked()
  const newDevice = input.delivery === 'cookie' ? randomUUID() : undefined
  const device = cookie.readMark('device') ?? newDevice
  const signedIn = await ctx.services.auth.login(ctx.origin, input, { replaces, device })
  const answer = toSignedIn(ctx, signedIn)
  if (newDevice !== undefined && device !== undefined) cookie.writeMark('device', device)
  if (input.delivery === 'body' && replaces.length > 0) cookie.clear()
  return answer
}

/** Answers with the tokens; the refresh token of a session that asked for a cookie travels in that alone. */
function toSignedIn({ refreshCookie }: AuthContext, signedIn: SignedIn): SignedInView {
  const { accessToken, expiresIn, refreshToken, refreshTokenExpiresAt, delivery } = signedIn
  const answer = { accessToken, tokenType: 'Bearer' as const, expiresIn, user: toUser(signedIn.user) }
  if (delivery === 'body') return { ...answer, refreshToken }
  refreshCookie.write(refreshToken, refreshTokenExpiresAt)
  return answer
}

/** Refreshes with the token of the body, or else of a cookie. Cookies that came and are of no more use are cleared. */
export async function refreshAndAnswer(ctx: AuthContext, bodyToken: string | undefined): Promise<SignedInView> {
  const cookies = bodyToken === undefined ? ctx.refreshCookie.read() : []
  try {
    return toSignedIn(ctx, await ctx.services.auth.refresh(ctx.origin, bodyToken === undefined ? cookies : [bodyToken]))
  } catch (error) {
    // A cookie that did not come may be one that another tab's login is setting just now.
    if (cookies.length > 0 && error instanceof InvalidTokenError) ctx.refreshCookie.clear()
    throw error
  }
}

/** Ends the session of every credential that the request carries, and clears the cookies that it carries. */
export async function logOutAndAnswer(ctx: AuthContext, bodyToken: string | undefined): Promise<void> {
  const cookies = ctx.refreshCookie.read()
  await ctx.services.auth.logout(ctx, [...cookies, ...(bodyToken === undefined ? [] : [bodyToken])])
  if (cookies.length > 0) ctx.refreshCookie.clear()
}

/** Clears the refresh cookie after something that may have ended its session, unless a session of it lives on. */
export async function clearEndedCookie({
  refreshCookie,
  services,
}: Context<{ sessions: SessionsService }>): Promise<void> {
  const tokens = refreshCookie.readUnchecked()
  if (tokens.length > 0 && !(await services.sessions.isAnyLiving(tokens))) refreshCookie.clear()
}
