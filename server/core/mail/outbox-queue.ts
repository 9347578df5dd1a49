import { z } from 'zod'
import type { Clock } from '../clock.js'
import type { Database, Transaction } from '../database/client.js'

/** A mail that is leased to this worker. */
export type ClaimedMail = z.output<typeof claimSchema>

export type OutboxQueue = ReturnType<typeof createOutboxQueue>

// Longer than sending may take. If a worker is killed, another one sends its mail after this time.
const leaseSeconds = 60
const retrySeconds = [30, 2 * 60, 10 * 60, 3600, 6 * 3600] as const

const claimSchema = z.object({
  id: z.string(),
  attempts: z.int(),
  template: z.string(),
  to: z.string(),
  params: z.unknown(),
})

/** The outbox for the workers of all instances. Each mail is leased to one worker at a time. */
export function createOutboxQueue(db: Database, clock: Clock) {
  const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  return {
    /** Leases the mail that has been due for the longest time, in one statement that skips locked rows. */
    async claim(): Promise<ClaimedMail | null> {
      const [now, leasedUntil] = [clock.now(), inSeconds(leaseSeconds)]
      const rows = await db.$queryRaw<unknown[]>`
        UPDATE "OutboxMail"
        SET attempts = attempts + 1, "nextAttemptAt" = ${leasedUntil}::timestamptz, "updatedAt" = CURRENT_TIMESTAMP
        WHERE id = (
          SELECT id FROM "OutboxMail" WHERE status = 'pending' AND "nextAttemptAt" <= ${now}::timestamptz
          ORDER BY "nextAttemptAt" LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, attempts, template, "to", params`
      return rows.map((row) => claimSchema.parse(row))[0] ?? null
    },

    async markSent(id: string): Promise<void> {
      await settle(db, id, { status: 'sent', sentAt: clock.now(), lastError: null })
    },

    async markDead(id: string, reason: string): Promise<void> {
      await settle(db, id, { status: 'dead', lastError: reason })
    },

    /** Schedules another attempt, or marks the mail as dead after the last one. */
    async markFailed({ id, attempts }: ClaimedMail, reason: string): Promise<'pending' | 'dead'> {
      const wait = retrySeconds[attempts - 1]
      const status = wait === undefined ? 'dead' : 'pending'
      await settle(db, id, { status, lastError: reason, nextAttemptAt: inSeconds(wait ?? 0) })
      return status
    },
  }
}

/**
 * Locks the row of a mail until the transaction ends.
 * @returns whether the mail must still be sent
 */
export async function holdMail(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT id FROM "OutboxMail" WHERE id = ${id}::uuid AND status = 'pending' FOR UPDATE`
  return rows.length > 0
}

type Settlement = Parameters<Database['outboxMail']['updateMany']>[0]['data']

async function settle(db: Database, id: string, data: Settlement): Promise<void> {
  await db.outboxMail.updateMany({ where: { id, status: 'pending' }, data })
}
