import type { Actor } from '../../core/actor.js'
import { assertVersion } from '../../core/fields/version.js'
import { proveOwnPassword, readOwnAccount } from '../auth/credentials.js'
import type { UsersParts } from './dependencies.js'
import { removeLocked } from './end-access.js'
import { exportMe } from './export-me.js'
import { lockStanding, lockUser } from './lock.js'
import type { AccountExport, RemoveMe, UpdateMe, User } from './schema.js'
import { toUser, userColumns } from './view.js'

/** What people do with their own account. */
export function createAccount(parts: UsersParts) {
  const { db, audit } = parts
  return {
    async me(actor: Actor): Promise<User> {
      return toUser(await db.user.findUniqueOrThrow({ where: { id: actor.userId }, select: userColumns }))
    },

    /** @throws VersionMismatchError, NotFoundError */
    async updateMe({ userId, origin }: Actor, { name, version }: UpdateMe): Promise<User> {
      return db.$transaction(async (tx) => {
        const before = await lockUser(tx, userId)
        assertVersion(before.version, version)
        const data = { ...(name !== undefined && { name }), version: { increment: 1 } }
        const after = await tx.user.update({ where: { id: userId }, data })
        if (after.name !== before.name) {
          const change = { from: before.name, to: after.name }
          await audit.record(tx, { type: 'user.updated', actorId: userId, userId, origin, data: change })
        }
        return toUser(after)
      })
    },

    /**
     * Soft-deletes the account and ends its sessions.
     *
     * @throws InvalidCredentialsError for a wrong password, LastAdminError
     */
    async removeMe(actor: Actor, { password }: RemoveMe): Promise<void> {
      await proveOwnPassword(parts, actor, await readOwnAccount(db, actor), password)
      await db.$transaction(async (tx) => {
        await lockStanding(tx)
        await removeLocked(parts, tx, actor, await lockUser(tx, actor.userId))
      })
    },

    /** Everything that is stored about the account. */
    exportMe: (actor: Actor): Promise<AccountExport> => exportMe(parts, actor),
  }
}
