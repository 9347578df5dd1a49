import { createHash } from 'node:crypto'
import { RateLimitedError } from '../errors.js'
import { clientNetwork } from './client-address.js'
import type { RateLimits } from './rate-limits.js'

const hour = 3600
const perRecipient = {
  verification: 3,
  'password-reset': 3,
  'email-change': 3,
  'email-change-requested': 3,
  // The first one comes with the account.
  invitation: 2,
}
const perNetwork = 100

/** Mails that somebody asks for. Those of one kind to one address count together. */
interface MailRequest {
  kind: keyof typeof perRecipient
  to: string
  /** Where the request comes from. */
  ip: string
  /** What the mails count under instead of the address: a place that its owner has signed in from. */
  bucket?: string
}

/**
 * Whether a mail that was asked for may be sent: a hundred an hour for one network, and three of a kind an hour to one
 * address. A network that has used up its hundred takes none of the address's three. It is counted for any address, whether it has an account or not, so that it tells nothing; the caller answers
 * the same and drops the mail in silence.
 */
export async function mayMail(limits: RateLimits, { kind, to, ip, bucket }: MailRequest): Promise<boolean> {
  const key = bucket ?? createHash('sha256').update(to).digest('base64url')
  if (!(await take(limits, { name: 'mail/network', points: perNetwork }, clientNetwork(ip)))) return false
  return take(limits, { name: `mail/${kind}`, points: perRecipient[kind] }, key)
}

async function take(limits: RateLimits, rule: { name: string; points: number }, key: string): Promise<boolean> {
  try {
    await limits.charge({ ...rule, by: 'address', windowSeconds: hour }, key)
    return true
  } catch (error) {
    if (error instanceof RateLimitedError) return false
    throw error
  }
}
