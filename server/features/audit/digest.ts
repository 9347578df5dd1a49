import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../core/clock.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { layoutHtml, layoutText } from '../../core/mail/layout.js'
import { enqueueMail } from '../../core/mail/outbox.js'
import type { MailTemplates } from '../../core/mail/templates.js'
import type { AuditEventType } from './schema.js'

/** The events that a digest counts, each with its words. */
const counted = {
  'register.requested': 'requested registrations',
  'email.verified': 'completed registrations',
  'login.failed': 'failed logins',
  'login.throttled': 'rejected logins, after too many failures',
  'refresh.reused': 'sessions ended because a refresh token was used twice',
} as const satisfies Partial<Record<AuditEventType, string>>

const weekMs = 7 * 24 * 3600 * 1000
const template = 'weekly-digest'

const digestSchema = z.object({
  userId: z.uuid(),
  name: z.string(),
  until: z.iso.datetime(),
  counts: z.record(z.string(), z.int().min(0)),
})

type Digest = z.output<typeof digestSchema>

interface DigestServiceOptions {
  db: Database
  clock: Clock
  /** Whether the operator wants digests. Without them, nothing is mailed. */
  isEnabled: boolean
}

/** The weekly digest of the audit trail. */
export function createDigestService({ db, clock, isEnabled }: DigestServiceOptions) {
  return {
    /**
     * Enqueues a mail about the seven days before a time for every admin. The id of each mail is derived from that time
     * and the admin, so that a repetition adds none.
     */
    async mailToAdmins(until: Date): Promise<void> {
      if (!isEnabled) return
      await db.$transaction(async (tx) => {
        const counts = await countEvents(tx, until)
        const admins = await tx.user.findMany({ where: canReceive, select: { id: true, email: true, name: true } })
        for (const { id: userId, email: to, name } of admins) {
          const params: Digest = { userId, name, until: until.toISOString(), counts }
          await enqueueMail(tx, clock, { id: mailIdOf(userId, until), template, to, params })
        }
      })
    },
  }
}

const canReceive = { role: 'admin', disabledAt: null, emailVerifiedAt: { not: null } } as const

async function countEvents(tx: Transaction, until: Date): Promise<Digest['counts']> {
  const createdAt = { gte: new Date(until.getTime() - weekMs), lt: until }
  const counts: Digest['counts'] = {}
  for (const type of Object.keys(counted)) counts[type] = await tx.auditEvent.count({ where: { type, createdAt } })
  return counts
}

/** A UUID of version 8, whose content is free (RFC 9562 section 5.8). */
function mailIdOf(userId: string, until: Date): string {
  const hash = createHash('sha256').update(`${template}:${userId}:${until.toISOString()}`).digest('hex')
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5')
}

/** Creates the template of the digest. Somebody who is no admin any more does not get it. */
export function createDigestTemplates({ title }: { title: string }): MailTemplates {
  return {
    [template]: async (tx, { to, params }) => {
      const digest = digestSchema.safeParse(params).data
      if (!digest) return { isSendable: false, reason: 'The mail lacks parameters that its template requires.' }
      const isAdmin = (await tx.user.count({ where: { ...canReceive, id: digest.userId, email: to } })) > 0
      if (!isAdmin) return { isSendable: false, reason: 'The recipient is no admin any more.' }
      return { isSendable: true, token: null, ...renderDigest(digest, title) }
    },
  }
}

function renderDigest({ name, until, counts }: Digest, title: string) {
  const lines = Object.entries(counted).map(([type, words]) => `${counts[type] ?? 0} ${words}`)
  const content = {
    title,
    name,
    paragraphs: [`In the seven days before ${until.slice(0, 10)}, ${title} recorded:`, ...lines],
    reassurance: 'You receive this mail every week because you are an admin. The setting WEEKLY_DIGEST ends it.',
  }
  return {
    subject: `${title}: the week before ${until.slice(0, 10)}`,
    text: layoutText(content),
    html: layoutHtml(content),
  }
}
