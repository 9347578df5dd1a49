import { z } from 'zod'
import type { Clock } from '../clock.js'
import type { Database, Transaction } from '../database/client.js'

/** A mail that this worker has for the length of the lease. */
export type ClaimedMail = z.output<typeof claimSchema>

export type OutboxQueue = ReturnType<typeof createOutboxQueue>

// Longer than a mail may take; when a worker dies, another one gets its mail after that.
const leaseSeconds = 60
const retrySeconds = [30, 2 * 60, 10 * 60, 3600, 6 * 3600] as const

const claimSchema = z.object({
  id: z.string(),
  attempts: z.int(),
  template: z.string(),
  to: z.string(),
  params: z.unknown(),
})

/** The outbox as the workers of all instances use it, each mail in one of them at a time. */
export function createOutboxQueue(db: Database, clock: Clock) {
  const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  return {
    /** Takes the mail that has been due longest, in one statement that passes by those in other hands. */
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

    /** Puts a mail back for later, or gives it up after its last attempt. */
    async markFailed({ id, attempts }: ClaimedMail, reason: string): Promise<'pending' | 'dead'> {
      const wait = retrySeconds[attempts - 1]
      const status = wait === undefined ? 'dead' : 'pending'
      await settle(db, id, { status, lastError: reason, nextAttemptAt: inSeconds(wait ?? 0) })
      return status
    },
  }
}

/**
 * Holds the row of a mail until the transaction ends.
 * @returns whether the mail is still to be sent
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
