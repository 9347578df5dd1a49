import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { Database } from './client.js'

interface Parts {
  db: Database
  clock: Clock
  log: Logger
  /** How long the audit trail keeps what anonymous callers tried. */
  auditAnonymousDays: number
}

const dayMs = 24 * 3600 * 1000
const everyMs = 3600 * 1000
const batch = 1_000

/** Days for which rows are kept that nothing works on any more: long enough to look into a complaint. */
const keptDays = 30

/**
 * Removes, once an hour, what has served: registrations and mailed links that expired, sessions that ended, mail that
 * was sent or given up, and what anonymous callers tried. Users, their data and the rest of the audit trail are never
 * touched. Instances may do so at the same time.
 */
export function createRetention(parts: Parts) {
  let timer: NodeJS.Timeout | undefined
  const prune = () => pruneAll(parts).catch((err: unknown) => parts.log.warn({ err }, 'old rows could not be removed'))
  return {
    start(): void {
      timer = setInterval(() => void prune(), everyMs).unref()
    },
    stop(): void {
      clearInterval(timer)
    },
    /** Removes what is due now; gives the number of rows by table. */
    prune: () => pruneAll(parts),
  }
}

/** What strangers can cause as often as they like. */
const anonymousEvents = ['login.failed', 'login.throttled', 'register.requested', 'password.reset_requested']

async function pruneAll({ db, clock, log, auditAnonymousDays }: Parts): Promise<Record<string, number>> {
  const daysAgo = (days: number) => ({ lt: new Date(clock.now().getTime() - days * dayMs) })
  const before = daysAgo(keptDays)
  const anonymous = { type: { in: anonymousEvents }, createdAt: daysAgo(auditAnonymousDays) }
  const limit = batch
  const removed = {
    mailTokens: await inBatches(() => db.mailToken.deleteMany({ where: { expiresAt: before }, limit })),
    registrations: await inBatches(() => db.registration.deleteMany({ where: { expiresAt: before }, limit })),
    sessions: await inBatches(() =>
      db.session.deleteMany({ where: { OR: [{ expiresAt: before }, { revokedAt: before }] }, limit }),
    ),
    mails: await inBatches(() =>
      db.outboxMail.deleteMany({ where: { status: { in: ['sent', 'dead'] }, updatedAt: before }, limit }),
    ),
    auditEvents: await inBatches(() => db.auditEvent.deleteMany({ where: anonymous, limit })),
  }
  log.info(removed, 'old rows removed')
  return removed
}

// In batches that stay far below the statement timeout.
async function inBatches(remove: () => Promise<{ count: number }>): Promise<number> {
  let total = 0
  for (;;) {
    const { count } = await remove()
    total += count
    if (count < batch) return total
  }
}
