import type { Actor } from '../../core/actor.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { readAll } from '../../core/pagination/cursor.js'
import { expectFound } from '../../core/rows/row.js'
import type { Prisma } from '../../generated/client.js'
import { profileColumns } from '../users/profile/schema.js'
import type { ByUsername } from './schema.js'

/** What everybody sees of users who have a username, and who follows whom. */
export function createProfilesService({ db }: { db: Database }) {
  async function pairOf(actor: Actor, { username }: ByUsername) {
    const { id: followedId } = await expectFound('Profile', db.user.findFirst({ where: { username } }))
    return { followerId: actor.userId, followedId }
  }

  return {
    async get(actor: Actor | null, { username }: ByUsername) {
      const query = db.user.findFirst({ where: { username }, select: selectFor(actor) })
      const { _count, followers, ...profile } = await expectFound('Profile', query)
      return { ...profile, followerCount: _count.followers, isFollowed: followers.length > 0 }
    },

    async follow(actor: Actor, key: ByUsername) {
      await db.follow.createMany({ data: await pairOf(actor, key), skipDuplicates: true })
    },

    async unfollow(actor: Actor, key: ByUsername) {
      await db.follow.deleteMany({ where: await pairOf(actor, key) })
    },

    ownRows: (followerId: string) => readAll((range) => db.follow.findMany({ where: { followerId }, ...range })),
    eraseOwnRows: (tx: Transaction, id: string) =>
      tx.follow.deleteMany({ where: { OR: [{ followerId: id }, { followedId: id }] } }),
  }
}

function selectFor(actor: Actor | null) {
  return {
    id: true,
    ...profileColumns,
    followers: { select: { id: true }, ...(actor ? { where: { followerId: actor.userId } } : { take: 0 }) },
    _count: { select: { followers: { where: { follower: { deletedAt: null } } } } },
  } as const satisfies Prisma.UserSelect
}
