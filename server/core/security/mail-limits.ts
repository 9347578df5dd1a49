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
  // The first mail is sent when the account is created.
  invitation: 2,
}
const perNetwork = 100

/** A kind of requested mail. Mails of one kind to one address are counted together. */
interface MailRequest {
  kind: keyof typeof perRecipient
  to: string
  /** The network of the request. */
  ip: string
  /** Counted instead of the address: a network or browser from which the owner has logged in. */
  bucket?: string
}

/**
 * Whether a requested mail may be sent: at most a hundred per hour for a network, and three of one kind per hour for an
 * address. Mails beyond the limit of the network do not count for the address. Addresses without an account are counted
 * too. The caller always returns the same response, so that it reveals neither the limit nor the account.
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
