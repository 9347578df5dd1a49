import { z } from 'zod'
import { layoutHtml, layoutText, type MailContent } from '../../core/mail/layout.js'

const params = {
  notice: z.object({ userId: z.uuid().optional(), name: z.string() }),
  user: z.object({ userId: z.uuid(), name: z.string() }),
  registration: z.object({ registrationId: z.uuid(), name: z.string() }),
  change: z.object({ userId: z.uuid(), sessionId: z.uuid().nullable() }),
}
const to = z.string()

/** The stored part of a mail: its template and the names and ids for it, never a token. */
export const mailSchema = z.discriminatedUnion('template', [
  z.object({ template: z.literal('verification'), to, params: params.registration }),
  z.object({ template: z.literal('account-exists'), to, params: params.notice }),
  z.object({ template: z.literal('invitation'), to, params: params.user }),
  z.object({ template: z.literal('password-reset'), to, params: params.user }),
  z.object({ template: z.literal('password-changed'), to, params: params.notice }),
  z.object({ template: z.literal('email-change'), to, params: params.change }),
  z.object({ template: z.literal('email-change-requested'), to, params: params.notice }),
  z.object({ template: z.literal('email-changed'), to, params: params.notice }),
])

/** A mail about an account. */
export type AccountMail = z.output<typeof mailSchema>

interface RenderOptions {
  /** The name of the application. */
  title: string
  /** The URL of the frontend. Links are built from it, and never from a request (security.md S24). */
  appUrl: string
  /** The token for the link of this mail, if it has one. */
  token: string | null
}

type Template = (from: {
  link(path: string): string
  title: string
}) => { subject: string } & Omit<MailContent, 'name' | 'title'>

/** Creates a mail: a fixed subject, and the same content as plain text and as HTML. */
export function renderMail(
  mail: AccountMail,
  { title, appUrl, token }: RenderOptions,
): { subject: string; text: string; html: string } {
  const name = 'name' in mail.params && !unverified.has(mail.template) ? mail.params.name : ''
  const link = (path: string) => `${appUrl}${path}${token === null ? '' : `?token=${token}`}`
  const { subject, ...rest } = templates[mail.template]({ link, title })
  const content = { title, name, ...rest }
  return { subject, text: layoutText(content), html: layoutHtml(content) }
}

// These addresses are not verified, so the name that a stranger entered is not repeated.
const unverified: ReadonlySet<AccountMail['template']> = new Set(['verification', 'invitation', 'email-change'])

const notYou = 'If this was not you, ignore this mail. Nothing changes unless the link is opened.'

const templates: Record<AccountMail['template'], Template> = {
  verification: ({ link, title }) => ({
    subject: 'Verify your address',
    paragraphs: [
      `Someone registered at ${title} with this address. If it was you, verify the address to complete your registration. The link works once and expires after 24 hours.`,
    ],
    action: { label: 'Verify your address', url: link('/verify-email') },
    reassurance: notYou,
  }),
  'account-exists': ({ link, title }) => ({
    subject: 'You already have an account',
    paragraphs: [
      `Someone tried to register with this address, which already has an account at ${title}. Nothing was changed.`,
      'If it was you, log in as usual. If you have forgotten your password, you can reset it on the login page:',
    ],
    action: { label: `Go to ${title}`, url: link('') },
    reassurance: 'If this was not you, ignore this mail. Your account was not changed.',
  }),
  invitation: ({ link, title }) => ({
    subject: `You are invited to ${title}`,
    paragraphs: [
      'An account was created for you. Choose a password to start using it. The link works once and expires after 72 hours.',
    ],
    action: { label: 'Choose a password', url: link('/accept-invitation') },
    reassurance:
      'If you did not expect this invitation, ignore this mail. Nobody can log in to the account until a password is set.',
  }),
  'password-reset': ({ link }) => ({
    subject: 'Reset your password',
    paragraphs: [
      'Someone requested a new password for your account. The link works once and expires 30 minutes after it was first sent.',
    ],
    action: { label: 'Choose a new password', url: link('/reset-password') },
    reassurance: 'If this was not you, ignore this mail. Your password was not changed.',
  }),
  'password-changed': () => ({
    subject: 'Your password was changed',
    paragraphs: ['The password of your account was changed, and your other sessions were ended.'],
    reassurance: 'If this was not you, reset your password on the login page immediately. This ends all sessions.',
  }),
  'email-change': ({ link, title }) => ({
    subject: 'Confirm your new address',
    paragraphs: [
      `Someone requested to use this address for their account at ${title}. If it was you, confirm the address. The link works once and expires after 24 hours.`,
    ],
    action: { label: 'Confirm the address', url: link('/confirm-email-change') },
    reassurance: notYou,
  }),
  'email-change-requested': () => ({
    subject: 'A change of your address was requested',
    paragraphs: [
      'Someone who knows your password requested a different address for your account. Nothing has changed yet. A link was sent to the new address, and the change takes effect when that link is opened.',
    ],
    reassurance:
      'If this was not you, reset your password on the login page immediately. This also cancels the request.',
  }),
  'email-changed': ({ title }) => ({
    subject: 'The address of your account was changed',
    paragraphs: [
      `Your account at ${title} now uses a different address. You will receive no further mail at this one.`,
    ],
    reassurance: 'If you did not request this, contact the operator of this service immediately.',
  }),
}
