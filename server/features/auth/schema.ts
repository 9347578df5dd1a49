import { z } from 'zod'
import { byIdSchema, idSchema, originOutput, passwordSchema } from '../../core/fields/schema.js'
import { profileFields } from '../users/profile/schema.js'
import { emailSchema, userSchema } from '../users/schema.js'

/** An opaque token from a client. Tokens of other kinds match too, so that they are rejected as unknown tokens. */
const tokenSchema = z.string().min(1).max(2048)

const refreshTokenSchema = tokenSchema.optional().describe('Omit it if the token is sent in the cookie.')

export const registerSchema = z.strictObject({ email: emailSchema, password: passwordSchema, ...profileFields })
export const verifyEmailSchema = z.strictObject({ token: tokenSchema })
export const emailOnlySchema = z.strictObject({ email: emailSchema })

export const loginSchema = z.strictObject({
  email: emailSchema,
  password: passwordSchema,
  delivery: z
    .enum(['body', 'cookie'])
    .default('body')
    .describe('`cookie` returns the refresh token in an HttpOnly cookie, which is meant for browsers.'),
})

export const refreshSchema = z.strictObject({ refreshToken: refreshTokenSchema })
export const logoutSchema = z.strictObject({ refreshToken: refreshTokenSchema })
export const resetPasswordSchema = z.strictObject({ token: tokenSchema, password: passwordSchema })
export const changePasswordSchema = z.strictObject({ currentPassword: passwordSchema, newPassword: passwordSchema })
export const requestEmailChangeSchema = z.strictObject({ email: emailSchema, currentPassword: passwordSchema })

/** The response of procedures that may send a mail. It reveals nothing about the address. */
export const verificationSentSchema = z
  .object({ status: z.literal('verification_sent') })
  .meta({ id: 'VerificationSent' })
export const resetSentSchema = z.object({ status: z.literal('reset_sent') }).meta({ id: 'ResetSent' })

export const emailChangeSentSchema = z
  .object({ status: z.literal('email_change_sent') })
  .meta({ id: 'EmailChangeSent' })

export const signedInSchema = z
  .object({
    accessToken: z.string().max(4096),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().min(1).max(86_400).describe('The lifetime of the access token in seconds.'),
    refreshToken: z.string().max(2048).optional().describe('Absent if the refresh token is returned in the cookie.'),
    user: userSchema,
  })
  .meta({
    id: 'SignedIn',
    description:
      'The tokens of a login. The access token authenticates requests, and the refresh token gets new tokens.',
  })

const sessionSchema = z
  .object({
    id: idSchema,
    createdAt: z.date(),
    lastUsedAt: z.date(),
    ip: originOutput.ip,
    userAgent: originOutput.userAgent,
    isCurrent: z.boolean(),
  })
  .meta({ id: 'Session', description: 'A login on a device.' })

/** The maximum number of active sessions of a user. */
export const sessionsMax = 100

export const sessionListSchema = z.array(sessionSchema).max(sessionsMax)
export const revokeSessionSchema = byIdSchema

/** The types of events that this feature records in the audit trail. */
export const authEvents = [
  'login.succeeded',
  'login.failed',
  'login.throttled',
  'logout',
  'session.revoked',
  'session.replaced',
  'sessions.revoked',
  'refresh.reused',
  'register.requested',
  'email.verified',
  'password.reset_requested',
  'password.reset',
  'password.changed',
  'password.refused',
] as const

export type Register = z.output<typeof registerSchema>
export type VerifyEmail = z.output<typeof verifyEmailSchema>
export type EmailOnly = z.output<typeof emailOnlySchema>
export type Login = z.output<typeof loginSchema>
export type ResetPassword = z.output<typeof resetPasswordSchema>
export type ChangePassword = z.output<typeof changePasswordSchema>
export type RequestEmailChange = z.output<typeof requestEmailChangeSchema>
export type SignedInView = z.output<typeof signedInSchema>
export type SessionView = z.output<typeof sessionSchema>
export type RevokeSession = z.output<typeof revokeSessionSchema>
