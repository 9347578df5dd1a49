import type { Context } from '../../context.js'
import { AppError } from '../../errors.js'
import { toUser } from '../users/view.js'
import type { SignedInView } from './schema.js'
import type { SignedIn } from './session-rules.js'

/** Answers with the tokens; the refresh token of a session that asked for a cookie travels in that alone. */
export function toSignedIn({ refreshCookie }: Context, signedIn: SignedIn): SignedInView {
  const { accessToken, expiresIn, refreshToken, refreshTokenExpiresAt, delivery } = signedIn
  const answer = { accessToken, tokenType: 'Bearer' as const, expiresIn, user: toUser(signedIn.user) }
  if (delivery === 'body') return { ...answer, refreshToken }
  refreshCookie.write(refreshToken, refreshTokenExpiresAt)
  return answer
}

/** Refreshes with the token of the body, or else of the cookie. A cookie that is of no more use is cleared. */
export async function refreshAndAnswer(ctx: Context, bodyToken: string | undefined): Promise<SignedInView> {
  try {
    const { auth } = ctx.services
    return toSignedIn(ctx, await auth.refresh(ctx.origin, bodyToken ?? ctx.refreshCookie.read()))
  } catch (error) {
    const isCookieDead = bodyToken === undefined && error instanceof AppError && error.code === 'INVALID_TOKEN'
    if (isCookieDead) ctx.refreshCookie.clear()
    throw error
  }
}

/** Ends the session and clears the cookie. */
export async function logOutAndAnswer(ctx: Context, bodyToken: string | undefined): Promise<void> {
  await ctx.services.auth.logout(ctx, bodyToken ?? ctx.refreshCookie.read())
  ctx.refreshCookie.clear()
}
