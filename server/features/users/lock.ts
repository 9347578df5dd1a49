import type { Actor } from '../../context.js'
import type { Transaction } from '../../database/client.js'
import type { User } from '../../database/generated/client.js'
import { AppError } from '../../errors.js'

/** What a change has to know of the user that it changes. */
export type LockedUser = Pick<User, 'id' | 'email' | 'name' | 'role' | 'emailVerifiedAt' | 'disabledAt' | 'version'>

/** A locked user, and whether there is no other admin who could act. */
export interface LockedUserAmongAdmins {
  user: LockedUser
  isLastAdmin: boolean
}

/**
 * Locks a user together with all admins, in the order of their ids, so that of two changes that could take the last
 * admin away the second sees what the first has done. Every change of role, status or life goes through here.
 *
 * @throws AppError NOT_FOUND
 */
export async function lockUserAmongAdmins(tx: Transaction, id: string): Promise<LockedUserAmongAdmins> {
  return pick(await lockAdminsAnd(tx, id), id)
}

/**
 * The same on behalf of an admin, who has to be one still: a demotion just before wins.
 *
 * @throws AppError FORBIDDEN, NOT_FOUND
 */
export async function lockUserForAdmin(tx: Transaction, actor: Actor, id: string): Promise<LockedUserAmongAdmins> {
  const users = await lockAdminsAnd(tx, id)
  if (!users.some((user) => user.id === actor.userId && isActiveAdmin(user))) throw new AppError('FORBIDDEN')
  return pick(users, id)
}

/** Whether a user is an admin who could act. */
export function isActiveAdmin({ role, disabledAt }: Pick<LockedUser, 'role' | 'disabledAt'>): boolean {
  return role === 'admin' && disabledAt === null
}

// NO KEY leaves the row open to foreign keys: a mail worker may store a token for the user meanwhile.
async function lockAdminsAnd(tx: Transaction, id: string): Promise<LockedUser[]> {
  return tx.$queryRaw<LockedUser[]>`
    SELECT u."id", u."email", u."name", u."role", u."emailVerifiedAt", u."disabledAt", u."version"
    FROM "User" u
    WHERE u."deletedAt" IS NULL AND (u."role" = 'admin' OR u."id" = ${id}::uuid)
    ORDER BY u."id" FOR NO KEY UPDATE`
}

function pick(users: readonly LockedUser[], id: string): LockedUserAmongAdmins {
  const user = users.find((candidate) => candidate.id === id)
  if (!user) throw new AppError('NOT_FOUND')
  const hasOther = users.some((other) => other.id !== user.id && isActiveAdmin(other))
  return { user, isLastAdmin: isActiveAdmin(user) && !hasOther }
}
