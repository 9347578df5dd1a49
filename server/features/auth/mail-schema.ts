import { z } from 'zod'

const params = {
  notice: z.object({ userId: z.uuid().optional(), name: z.string() }),
  user: z.object({ userId: z.uuid(), name: z.string() }),
  registration: z.object({ registrationId: z.uuid(), name: z.string() }),
}
const to = z.string()

/** What is stored of a mail about an account: its template, and names and ids for it, never a token. */
export const mailSchema = z.discriminatedUnion('template', [
  z.object({ template: z.literal('verification'), to, params: params.registration }),
  z.object({ template: z.literal('account-exists'), to, params: params.notice }),
  z.object({ template: z.literal('invitation'), to, params: params.user }),
  z.object({ template: z.literal('password-reset'), to, params: params.user }),
  z.object({ template: z.literal('password-changed'), to, params: params.notice }),
  z.object({ template: z.literal('email-change'), to, params: z.object({ userId: z.uuid(), sessionId: z.uuid() }) }),
  z.object({ template: z.literal('email-change-requested'), to, params: params.notice }),
  z.object({ template: z.literal('email-changed'), to, params: params.notice }),
])

/** A mail about an account. */
export type AccountMail = z.output<typeof mailSchema>
