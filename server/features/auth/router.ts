import { z } from 'zod'
import { currentPasswordLimits, protectedProcedure, publicProcedure, router } from '../../procedures.js'
import { logIn, logOut, refresh } from './delivery.js'
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

// Procedures that send a requested mail always return 202; mail-limits.ts drops mails beyond the limits instead.
const alone = { refusesBatch: true, overlooksCredential: true } as const
const byAddress = (name: string, points: number, windowSeconds: number) =>
  [{ name, by: 'address', points, windowSeconds }] as const

export const authRouter = router({
  register: publicProcedure
    .meta({
      setsCookie: true,
      ...alone,
      rest: { method: 'POST', path: '/auth/register', status: 202 },
      hashesPassword: true,
      summary: 'Register an account',
      description:
        'Sends a link to the address. The account is created once the link is opened, so the response does not ' +
        'contain one. The response is the same if the address already has an account; its owner then gets a mail ' +
        'that says so. The link is valid for 24 hours.',
      errors: ['PASSWORD_TOO_COMMON'],
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
      description:
        'Creates the account of a registration, with the token from the mailed link. Each token works once. The ' +
        'user is not logged in. Call it from the browser in which the registration was started: if that browser has ' +
        'its own registration of the same address, links of other registrations are rejected.',
      errors: ['INVALID_TOKEN'],
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
      description:
        'Sends the link of a pending registration again. The response is the same for every address. At most three ' +
        'mails an hour are sent to an address, and further ones are dropped.',
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
      setsCookie: true,
      ...alone,
      rest: { method: 'POST', path: '/auth/login' },
      hashesPassword: true,
      summary: 'Log in with a password',
      description:
        'Returns an access token, which is valid for 15 minutes, and a refresh token, with which `POST ' +
        '/auth/refresh` returns new ones. With `delivery: "cookie"` the refresh token is set as an `HttpOnly` ' +
        'cookie instead. Unknown addresses, wrong passwords, and accounts that are deleted, disabled or not ' +
        'verified all get the same error. After 10 failed attempts for an account, each further attempt must wait, ' +
        'up to 15 minutes. A session whose refresh cookie is sent with the request ends.',
      errors: ['INVALID_CREDENTIALS'],
      limits: byAddress('auth.login', 20, 60),
    })
    .input(loginSchema)
    .output(signedInSchema)
    .mutation(({ ctx, input }) => logIn(ctx, input)),

  refresh: publicProcedure
    .meta({
      setsCookie: true,
      ...alone,
      rest: { method: 'POST', path: '/auth/refresh' },
      summary: 'Refresh the access token',
      description:
        'Returns a new access token and a new refresh token. Send the refresh token in the body or in the cookie; ' +
        'the cookie is accepted only from the origins in the settings of the server. Each refresh token works once. ' +
        'A token that was replaced up to 10 seconds ago returns the same successor again, for a client that lost ' +
        'the response; any other reuse ends the session.',
      errors: ['INVALID_TOKEN'],
      limits: byAddress('auth.refresh', 300, 60),
    })
    .input(refreshSchema)
    .output(signedInSchema)
    .mutation(({ ctx, input }) => refresh(ctx, input.refreshToken)),

  logout: publicProcedure
    .meta({
      setsCookie: true,
      ...alone,
      rest: { method: 'POST', path: '/auth/logout', status: 204 },
      summary: 'Log out',
      description:
        'Ends the session of each credential of the request: the refresh token in the body, the refresh cookie, and ' +
        'the access token, which may have expired. The access tokens of these sessions stop working within 5 ' +
        'seconds. The response is the same for unknown tokens.',
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
      description:
        'Sends a link to set a new password, which is valid for 30 minutes. A repeated request sends the same link ' +
        'again. The response is the same for every address. At most three mails an hour are sent to an address, and ' +
        'further ones are dropped.',
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
      description:
        'Sets the password with the token from a reset mail or an invitation, and verifies the address. All ' +
        'sessions, API keys and other links of the account end. The user is not logged in, and is informed by mail.',
      errors: ['INVALID_TOKEN', 'PASSWORD_TOO_COMMON'],
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
      description:
        'Replaces your password. Your other sessions and all mailed links end, your API keys stay, and you are ' +
        "informed by mail. The new password must have the minimum length of the server's settings and must not be a " +
        'common one.',
      errors: ['INVALID_CREDENTIALS', 'PASSWORD_TOO_COMMON'],
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
      description:
        'Sends a link to the new address and a notice to the current one. Your address changes once the link is ' +
        'opened. The response is the same for an address that belongs to another account. An earlier request for a ' +
        'different address ends.',
      errors: ['INVALID_CREDENTIALS'],
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
      description:
        "Changes the address of an account, with the token from the mailed link. The account's other sessions and " +
        'mailed links end, its API keys stay, and the former address is informed by mail.',
      errors: ['INVALID_TOKEN', 'EMAIL_TAKEN'],
      limits: byAddress('auth.email-change', 60, 60),
    })
    .input(verifyEmailSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => {
      return ctx.services.auth.confirmEmailChange(ctx.origin, input, ctx.refreshCookie.readMark('registration'))
    }),
})
