import type { Actor } from '../../context.js'
import { AppError } from '../../errors.js'
import { removeLocked } from './end-access.js'
import { lockUserAmongAdmins } from './lock.js'
import type { UsersParts } from './parts.js'
import type { RemoveMe, UpdateMe, User } from './schema.js'
import { toUser, userColumns } from './view.js'

/** What people do with their own account. */
export function createAccount(parts: UsersParts) {
  const { db, passwords } = parts
  return {
    async me(actor: Actor): Promise<User> {
      return toUser(await db.user.findUniqueOrThrow({ where: { id: actor.userId }, select: userColumns }))
    },

    /** @throws AppError VERSION_MISMATCH, NOT_FOUND */
    async updateMe(actor: Actor, { name, version }: UpdateMe): Promise<User> {
      const [row] = await db.user.updateManyAndReturn({
        where: { id: actor.userId, ...(version !== undefined && { version }) },
        data: { ...(name !== undefined && { name }), version: { increment: 1 } },
      })
      if (!row) throw new AppError(version === undefined ? 'NOT_FOUND' : 'VERSION_MISMATCH')
      return toUser(row)
    },

    /**
     * Soft-deletes the account and ends its sessions.
     *
     * @throws AppError INVALID_CREDENTIALS for a wrong password, LAST_ADMIN
     */
    async removeMe(actor: Actor, { password }: RemoveMe): Promise<void> {
      const where = { id: actor.userId }
      const row = await db.user.findUniqueOrThrow({ where, select: { passwordHash: true } })
      if (!(await passwords.verify(password, row.passwordHash, actor.origin))) {
        throw new AppError('INVALID_CREDENTIALS', { message: 'The password is wrong.' })
      }
      await db.$transaction(async (tx) => {
        await removeLocked(parts, tx, { actor, ...(await lockUserAmongAdmins(tx, actor.userId)) })
      })
    },
  }
}
