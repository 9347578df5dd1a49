import { z } from 'zod'
import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { includingDeleted } from '../../core/database/soft-delete.js'
import { ConflictError } from '../../core/errors.js'
import type { ByIdAndVersion } from '../../core/fields/schema.js'
import { enqueueJob } from '../../core/jobs/queue.js'
import { lockRow } from '../../core/rows/row.js'
import { doneBy } from '../audit/service.js'
import type { UsersDependencies } from './dependencies.js'
import { eraseContent } from './jobs.js'
import { assertStillAdmin, lockStanding } from './lock.js'
import { erasedProfile } from './profile/schema.js'

const changeSchema = z.object({ from: z.string() })

interface Removed {
  id: string
  email: string
  deletedAt: Date
}

/**
 * Overwrites the personal data of a removed account, and enqueues a job that overwrites what it wrote, which may be much.
 * The rows and their ids remain, so that references stay valid. Sessions, API keys, links and mails are deleted, and the
 * audit trail keeps only ids. It cannot be undone; repeating it has no effect.
 *
 * @throws NotFoundError, VersionMismatchError, ConflictError for an account that is not removed
 */
export async function eraseUser(
  { db, clock, audit }: UsersDependencies,
  actor: Actor,
  { id, version }: ByIdAndVersion,
): Promise<void> {
  await db.$transaction(async (tx) => {
    await lockStanding(tx)
    await assertStillAdmin(tx, actor)
    const { email, deletedAt, erasedAt } = await lockRow(tx, 'User', { id, version }, () =>
      tx.user.findFirst({ where: { AND: [includingDeleted], id } }),
    )
    if (!deletedAt) throw new ConflictError({ message: 'Only a deleted account can be erased.' })
    if (erasedAt) return
    await overwrite(tx, id, clock.now())
    await removeTraces(tx, { id, email, deletedAt })
    await enqueueJob(tx, eraseContent, { userId: id })
    await audit.record(tx, { type: 'user.erased', ...doneBy(actor), userId: id })
  })
}

/** Overwrites or deletes what the owner of an erased account wrote. Repeating it has no effect. */
export async function eraseOwnContent(
  { db, resources }: Pick<UsersDependencies, 'db' | 'resources'>,
  { userId }: { userId: string },
): Promise<void> {
  for (const { eraseOwnRows } of Object.values(resources)) await db.$transaction((tx) => eraseOwnRows(tx, userId))
}

async function overwrite(tx: Transaction, id: string, now: Date): Promise<void> {
  await tx.user.update({
    where: { id, deletedAt: { not: null } },
    data: {
      // A domain that never receives mail (RFC 6761 section 6.4).
      email: `${id}@erased.invalid`,
      ...erasedProfile,
      passwordHash: null,
      emailVerifiedAt: null,
      erasedAt: now,
      version: { increment: 1 },
    },
  })
}

// The address may have a new owner since the account was removed, whose mails and registrations are kept.
async function removeTraces(tx: Transaction, { id, email, deletedAt }: Removed): Promise<void> {
  const before = { lte: deletedAt }
  // Mails without the id of an account: those that verified its addresses.
  const moves = await tx.auditEvent.findMany({
    where: { userId: id, type: 'user.email_changed' },
    select: { data: true },
  })
  const former = moves.flatMap(({ data }) => readFrom(data))
  await tx.session.deleteMany({ where: { userId: id } })
  await tx.apiKey.deleteMany({ where: { userId: id } })
  // Also the answers to others that contain the account, such as to the admin who invited it.
  await tx.idempotencyKey.deleteMany({ where: { OR: [{ actorId: id }, { answer: { contains: id } }] } })
  await tx.mailToken.deleteMany({ where: { userId: id } })
  await tx.registration.deleteMany({ where: { email, createdAt: before } })
  await tx.outboxMail.deleteMany({
    where: {
      OR: [
        { userId: id },
        { to: email, createdAt: before },
        { to: { in: former }, template: 'verification', status: { not: 'pending' }, createdAt: before },
      ],
    },
  })
  await tx.$executeRaw`
    UPDATE "AuditEvent" SET "updatedAt" = now(), "ip" = NULL, "userAgent" = NULL,
      "data" = CASE
        WHEN "userId" = ${id}::uuid AND "type" <> 'user.role_changed' THEN "data" - ARRAY['from', 'to', 'email']
        ELSE "data" END
    WHERE "userId" = ${id}::uuid OR "actorId" = ${id}::uuid`
}

function readFrom(data: unknown): string[] {
  const { success, data: change } = changeSchema.safeParse(data)
  return success ? [change.from] : []
}
