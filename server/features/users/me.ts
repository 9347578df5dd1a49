import type { Actor } from '../../core/actor.js'
import type { Database } from '../../core/database/client.js'
import { changesOf } from '../../core/rows/row.js'
import { doneBy } from '../audit/service.js'
import { proveOwnPassword, readOwnAccount } from '../auth/credentials.js'
import type { UsersDependencies } from './dependencies.js'
import { lockStanding, lockUser } from './lock.js'
import { removeLocked } from './remove.js'
import type { RemoveMe, UpdateMe, User } from './schema.js'
import { renamingOf, toUser, userColumns } from './view.js'

/** Reads the account of the actor. */
export async function readMe(db: Database, { userId }: Actor): Promise<User> {
  return toUser(await db.user.findUniqueOrThrow({ where: { id: userId }, select: userColumns }))
}

/**
 * Changes the actor's own account, or leaves it as it is if nothing would change.
 *
 * @throws VersionMismatchError, NotFoundError
 */
export async function updateMe(
  { db, audit }: UsersDependencies,
  actor: Actor,
  { version, ...changes }: UpdateMe,
): Promise<User> {
  const { userId } = actor
  return db.$transaction(async (tx) => {
    const before = await lockUser(tx, { id: userId, version })
    const data = changesOf(before, changes)
    if (!data) return toUser(before)
    const after = await tx.user.update({ where: { id: userId }, data })
    await audit.record(tx, { type: 'user.updated', ...doneBy(actor), userId, data: renamingOf(before, after) })
    return toUser(after)
  })
}

/**
 * Soft-deletes the account and ends its sessions.
 *
 * @throws InvalidCredentialsError for a wrong password, LastAdminError
 */
export async function removeMe(dependencies: UsersDependencies, actor: Actor, { password }: RemoveMe): Promise<void> {
  const { db } = dependencies
  await proveOwnPassword(dependencies, actor, await readOwnAccount(db, actor), password)
  await db.$transaction(async (tx) => {
    await lockStanding(tx)
    await removeLocked(dependencies, tx, actor, await lockUser(tx, { id: actor.userId }))
  })
}
