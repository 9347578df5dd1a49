import type { Transaction } from '../../core/database/client.js'
import type { AuditEventType } from '../audit/schema.js'
import type { SessionUser } from '../sessions/rules.js'
import type { AuthParts } from './dependencies.js'
import { killMailTokens } from './mail-tokens.js'
import { enqueueAccountMail } from './mails.js'

interface NewPassword {
  /** Locked by the caller. */
  user: SessionUser
  passwordHash: string
  emailVerifiedAt: Date | null
  reason: AuditEventType
  keepSessionId?: string
}

/**
 * Gives a user another password and ends what the old one let in: sessions, mailed links. The user is told by mail.
 */
export async function replacePassword(parts: AuthParts, tx: Transaction, change: NewPassword): Promise<void> {
  const { user, passwordHash, emailVerifiedAt, reason, keepSessionId } = change
  const now = parts.clock.now()
  await tx.user.update({
    where: { id: user.id },
    data: { passwordHash, emailVerifiedAt, version: { increment: 1 } },
  })
  const kept = keepSessionId === undefined ? {} : { exceptSessionId: keepSessionId }
  await parts.sessions.endAll(tx, { userId: user.id, reason, ...kept })
  await killMailTokens(tx, { userId: user.id, now })
  const { id: userId, email: to, name } = user
  await enqueueAccountMail(tx, parts.clock, { template: 'password-changed', to, params: { userId, name } })
}
