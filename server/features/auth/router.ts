import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Context } from '../../core/context.js'
import { InvalidTokenError } from '../../core/errors.js'
import { currentPasswordLimits, protectedProcedure, publicProcedure, router } from '../../procedures.js'
import type { SessionsService } from '../sessions/service.js'
import type { SignedIn } from '../sessions/session.js'
import { toUser } from '../users/view.js'
import {
  changePasswordSchema,
  emailChangeSentSchema,
  emailOnlySchema,
  type Login,
  loginSchema,
  logoutSchema,
  refreshSchema,
  registerSchema,
  requestEmailChangeSchema,
  resetPasswordSchema,
  resetSentSchema,
  type SignedInView,
  signedInSchema,
  verificationSentSchema,
  verifyEmailSchema,
} from './schema.js'
import type { AuthService } from './service.js'

// Procedures that send a requested mail always return 202; mail-limits.ts drops mails beyond the limits instead.
const alone = { refusesBatch: true, overlooksCredential: true } as const
const byAddress = (name: string, points: number, windowSeconds: number) =>
  [{ name, by: 'address', points, windowSeconds }] as const

export const authRouter = router({
  register: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/register', status: 202 },
      hashesPassword: true,
      summary: 'Register an account',
      limits: byAddress('auth.register', 5, 3600),
    })
    .input(registerSchema)
    .output(verificationSentSchema)
    .mutation(async ({ ctx, input }) => {
      ctx.refreshCookie.writeMark('registration', await ctx.services.auth.register(ctx.origin, input))
      return { status: 'verification_sent' }
    }),

  verifyEmail: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/verify-email', status: 204 },
      summary: 'Verify an email address',
      limits: byAddress('auth.verify', 60, 60),
    })
    .input(verifyEmailSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => {
      return ctx.services.auth.verifyEmail(ctx.origin, input, ctx.refreshCookie.readMark('registration'))
    }),

  resendVerification: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/resend-verification', status: 202 },
      summary: 'Resend the verification mail',
      limits: byAddress('auth.resend', 300, 60),
    })
    .input(emailOnlySchema)
    .output(verificationSentSchema)
    .mutation(async ({ ctx, input }) => {
      await ctx.services.auth.resendVerification(ctx.origin, input, ctx.refreshCookie.readMark('registration'))
      return { status: 'verification_sent' }
    }),

  login: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/login' },
      hashesPassword: true,
      summary: 'Log in with a password',
      limits: byAddress('auth.login', 20, 60),
    })
    .input(loginSchema)
    .output(signedInSchema)
    .mutation(({ ctx, input }) => logIn(ctx, input)),

  refresh: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/refresh' },
      summary: 'Refresh the access token',
      limits: byAddress('auth.refresh', 300, 60),
    })
    .input(refreshSchema)
    .output(signedInSchema)
    .mutation(({ ctx, input }) => refresh(ctx, input.refreshToken)),

  logout: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/logout', status: 204 },
      summary: 'Log out',
      limits: byAddress('auth.logout', 300, 60),
    })
    .input(logoutSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => logOut(ctx, input.refreshToken)),

  requestPasswordReset: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/password-reset', status: 202 },
      summary: 'Request a password reset',
      limits: byAddress('auth.reset', 300, 60),
    })
    .input(emailOnlySchema)
    .output(resetSentSchema)
    .mutation(async ({ ctx, input }) => {
      await ctx.services.auth.requestPasswordReset(ctx.origin, input, ctx.refreshCookie.readMark('device'))
      return { status: 'reset_sent' }
    }),

  resetPassword: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/password-reset/confirm', status: 204 },
      hashesPassword: true,
      summary: 'Set a password with a token from a mail',
      limits: byAddress('auth.confirm', 60, 60),
    })
    .input(resetPasswordSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.auth.resetPassword(ctx.origin, input)),

  changePassword: protectedProcedure
    .meta({
      refusesBatch: true,
      rest: { method: 'POST', path: '/auth/change-password', status: 204 },
      hashesPassword: true,
      summary: 'Change your password',
      limits: currentPasswordLimits,
    })
    .input(changePasswordSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.auth.changePassword(ctx.actor, input)),

  requestEmailChange: protectedProcedure
    .meta({
      refusesBatch: true,
      rest: { method: 'POST', path: '/auth/email-change', status: 202 },
      hashesPassword: true,
      summary: 'Request a change of your email address',
      limits: currentPasswordLimits,
    })
    .input(requestEmailChangeSchema)
    .output(emailChangeSentSchema)
    .mutation(async ({ ctx, input }) => {
      await ctx.services.auth.requestEmailChange(ctx.actor, input)
      return { status: 'email_change_sent' }
    }),

  confirmEmailChange: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/email-change/confirm', status: 204 },
      summary: 'Confirm a new email address',
      limits: byAddress('auth.email-change', 60, 60),
    })
    .input(verifyEmailSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => {
      return ctx.services.auth.confirmEmailChange(ctx.origin, input, ctx.refreshCookie.readMark('registration'))
    }),
})

type AuthContext = Context<{ auth: AuthService; sessions: SessionsService }>

// Ends the sessions of the refresh cookies of the request, so that no later response to one of their requests can log
// the previous user in again (OWASP ASVS 7.2.4).
async function logIn(ctx: AuthContext, input: Login): Promise<SignedInView> {
  const { refreshCookie: cookie } = ctx
  const replaces = cookie.readUnchecked()
  const newDevice = input.delivery === 'cookie' ? randomUUID() : undefined
  const device = cookie.readMark('device') ?? newDevice
  const signedIn = deliverTokens(ctx, await ctx.services.auth.login(ctx.origin, input, { replaces, device }))
  if (newDevice !== undefined && device !== undefined) cookie.writeMark('device', device)
  if (input.delivery === 'body' && replaces.length > 0) cookie.clear()
  return signedIn
}

// Uses the token of the body, otherwise that of a cookie, and clears cookies that are no longer valid.
async function refresh(ctx: AuthContext, bodyToken: string | undefined): Promise<SignedInView> {
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

// Ends the session of every credential of the request, and clears its cookies.
async function logOut(ctx: AuthContext, bodyToken: string | undefined): Promise<void> {
  const cookies = ctx.refreshCookie.read()
  await ctx.services.sessions.logOut(ctx, [...cookies, ...(bodyToken === undefined ? [] : [bodyToken])])
  if (cookies.length > 0) ctx.refreshCookie.clear()
}
