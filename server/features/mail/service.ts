import type { z } from 'zod'
import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { type AppError, ConflictError, NotFoundError } from '../../core/errors.js'
import type { ById } from '../../core/fields/schema.js'
import { enqueueAgain, heldUntil } from '../../core/mail/outbox.js'
import { readTimePage } from '../../core/pagination/cursor.js'
import { removeInBatches } from '../../core/retention.js'
import type { Prisma } from '../../generated/client.js'
import { type AuditService, doneBy } from '../audit/service.js'
import type { listMailSchema, outboxMailPageSchema, outboxMailSchema } from './schema.js'

type ListMail = z.output<typeof listMailSchema>
type OutboxMail = z.output<typeof outboxMailSchema>

interface MailServiceOptions {
  db: Database
  clock: Clock
  audit: Pick<AuditService, 'record'>
}

/** The outbox for operators. */
export function createMailService({ db, clock, audit }: MailServiceOptions) {
  return {
    /**
     * One page of the outbox, newest first.
     * @throws BadRequestError for an invalid cursor
     */
    async list({ limit, cursor, status }: ListMail): Promise<z.output<typeof outboxMailPageSchema>> {
      return readTimePage({ scope: ['mail', status], limit, cursor }, ({ after, range }) =>
        db.outboxMail.findMany({ where: { ...(status && { status }), ...after }, select: mailColumns, ...range }),
      )
    },

    /** Deletes mails that were sent or marked as dead long ago, and returns their number. */
    removeSettled: (before: Date): Promise<number> => {
      const where = { status: { in: settled }, updatedAt: { lt: before } }
      return removeInBatches((limit) => db.outboxMail.deleteMany({ where, limit }))
    },

    /**
     * Queues a dead mail again, with a new set of attempts.
     * @throws NotFoundError; ConflictError if the mail is not dead
     */
    async retry(actor: Actor, { id }: ById): Promise<OutboxMail> {
      return db.$transaction(async (tx) => {
        const [mail] = await tx.outboxMail.updateManyAndReturn({
          where: { id, status: 'dead' },
          data: { status: 'pending', attempts: 0, nextAttemptAt: heldUntil(clock.now(), 0) },
          select: mailColumns,
        })
        if (!mail) throw await explainRefusal(tx, id)
        await audit.record(tx, { type: 'mail.retried', ...doneBy(actor), userId: null, data: { mailId: id } })
        await enqueueAgain(tx, id)
        return mail
      })
    },
  }
}

const settled = ['sent' as const, 'dead' as const]

const mailColumns = {
  id: true,
  template: true,
  to: true,
  status: true,
  attempts: true,
  lastError: true,
  createdAt: true,
  sentAt: true,
} as const satisfies Prisma.OutboxMailSelect

async function explainRefusal(tx: Transaction, id: string): Promise<AppError> {
  const isThere = await tx.outboxMail.findUnique({ where: { id }, select: { id: true } })
  if (!isThere) return new NotFoundError({ resource: 'Mail' })
  return new ConflictError({ message: 'Only a failed mail can be retried.' })
}
