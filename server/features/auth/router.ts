import { z } from 'zod'
import { currentPasswordLimits, protectedProcedure, publicProcedure, router } from '../../procedures.js'
import { logInAndAnswer, logOutAndAnswer, refreshAndAnswer } from './answers.js'
import {
  changePasswordSchema,
  emailChangeSentSchema,
  emailOnlySchema,
  loginSchema,
  logoutSchema,
  refreshSchema,
  registerSchema,
  requestEmailChangeSchema,
  resetPasswordSchema,
  resetSentSchema,
  signedInSchema,
  verificationSentSchema,
  verifyEmailSchema,
} from './schema.js'

// What sends mail by request answers 202 whatever the count; mail-limits.ts drops mails instead.
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
    .mutation(({ ctx, input }) => logInAndAnswer(ctx, input)),

  refresh: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/refresh' },
      summary: 'Refresh the access token',
      limits: byAddress('auth.refresh', 300, 60),
    })
    .input(refreshSchema)
    .output(signedInSchema)
    .mutation(({ ctx, input }) => refreshAndAnswer(ctx, input.refreshToken)),

  logout: publicProcedure
    .meta({
      ...alone,
      rest: { method: 'POST', path: '/auth/logout', status: 204 },
      summary: 'Log out',
      limits: byAddress('auth.logout', 300, 60),
    })
    .input(logoutSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => logOutAndAnswer(ctx, input.refreshToken)),

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
